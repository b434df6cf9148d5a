/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Who else has a say: the SPI for engines outside, the votes that nodes give each other, and what Corosync and {@code fence-peer} say.
 * Pure; the processes are in {@code daemon}, the messages in {@code node}. Described in {@code docs/failover.md}.
 */
package org.netraid.replicator.quorum;
