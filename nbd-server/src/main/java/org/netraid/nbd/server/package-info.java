/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The server side of NBD as pure code: bytes in, device requests out, replies back.
 *
 * <pre>
 *   NbdService ── accepts ──&gt; NbdServerSession (one per link)
 *                                 │  Handshake ── GO ──&gt; Transmission ── RequestSlot ──&gt; BlockDevice
 *                                 └─ ExportTable: which names exist, who opened what
 *   BufferPool: every payload byte of all sessions, bounded
 * </pre>
 *
 * <p>Pure and single-threaded on the event loop that owns the links and the devices. Back-pressure is one rule: a
 * session that lacks a slot, memory or room in its link stops reading its socket. Sockets and processes are in
 * {@code org.netraid.nbd.server.io} and {@code org.netraid.nbd.server.cli}.
 *
 * <p>Source: the NBD protocol document; {@code docs/nbd-conformance.md} says which test proves which part of it.
 */
package org.netraid.nbd.server;
