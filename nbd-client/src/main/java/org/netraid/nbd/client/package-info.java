/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The NBD client: one export of a foreign or own server as a {@link org.netraid.block.BlockDevice}.
 *
 * <p>Pure: sockets come in as {@link org.netraid.link.LinkFactory}, time as {@link org.netraid.time.EventLoop}, so that
 * the same code runs in the daemon and in the simulator. Everything is called on that one loop.
 *
 * <pre>
 *   NbdConnector.connect ─► NbdConnection ─ ClientHandshake ─► NbdClientDevice ─ PartSender ─► PendingReplies ◄─ ReplyReader ─ PartAnswers
 *                              ▲
 *                         Reconnector (optional: dials again, with back-off)
 * </pre>
 *
 * <p>One {@link org.netraid.nbd.client.NbdClientDevice} is one connection. When the connection is lost the device is dead:
 * every request in flight ends with EIO, later ones too, and nothing is ever sent again on another connection, because after a
 * loss nobody knows which of the writes in flight (or answered but not flushed) the server still has. The mirror treats it as
 * a lost target and remembers the ranges.
 *
 * <p>A FLUSH covers the writes whose completion the caller has seen before it submits the flush, and no others: the
 * protocol promises no more. Callers wait for their writes first.
 *
 * <p>Source: the NBD protocol document ({@code doc/proto.md} of NetworkBlockDevice/nbd).
 */
package org.netraid.nbd.client;
