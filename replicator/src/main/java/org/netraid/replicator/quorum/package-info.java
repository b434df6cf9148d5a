/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Who else has a say: the SPI for engines outside, the votes that nodes give each other, and what Corosync and {@code fence-peer} say.
 * Pure; the processes are in {@code daemon}, the messages in {@code node}. Described in {@code docs/failover.md}.
 *
 * <p><b>Stable</b> are {@code QuorumGuard} and {@code QuorumQuestion}, which an embedding program implements and is asked: they change only
 * with a line in the change log.
 */
package org.netraid.replicator.quorum;
