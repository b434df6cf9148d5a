/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The engine inside another Java process: a cluster daemon that drives it, or an application that writes to the mirror without NBD.
 * {@link org.netraid.api.NetRaid#open} boots a node and gives the mirror as a {@link org.netraid.block.BlockDevice}.
 *
 * <p><b>Stable</b>, with {@code org.netraid.block}, {@code org.netraid.replicator.control}, {@code .config} and {@code .state}, whose
 * types its methods use: what is public there changes only with a line in the change log. Everything else may change at any time.
 *
 * <p>Pure; the threads behind it are in {@code org.netraid.replicator.daemon}. Described in {@code docs/embedding.md}.
 */
package org.netraid.api;
