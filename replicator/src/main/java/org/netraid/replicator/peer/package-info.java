/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The control channel between the nodes of a cluster: one authenticated stream per pair of nodes, requests and answers on it, and
 * the news whether the other is there.
 *
 * <p>Pure: runs over {@link org.netraid.link.LinkFactory}, on the node's event loop. Used by {@code org.netraid.replicator.node} only. It
 * knows
 * nothing of mirrors.
 *
 * <h2>Wire</h2>
 * Frames: length (4 bytes, big-endian, of what follows), JSON object in UTF-8, and after the handshake a 16-byte MAC. The handshake proves
 * to each
 * side that the other knows the cluster's secret before anything else is read; see {@link org.netraid.replicator.peer.PeerCrypto}.
 */
package org.netraid.replicator.peer;
