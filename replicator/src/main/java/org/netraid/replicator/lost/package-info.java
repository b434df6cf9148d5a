/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What a node had and others lacked, saved aside before it is overwritten at the end of a split brain: format, writer and reader. Pure;
 * files are the caller's. Format: {@code docs/on-disk-format.md}.
 */
package org.netraid.replicator.lost;
