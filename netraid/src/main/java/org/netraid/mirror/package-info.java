/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The mirror: a local disk and up to seven targets that look like one block device.
 *
 * <p>Owns: the order of overlapping writes ({@link org.netraid.mirror.RangeLocks}), the one copy of each payload, which target has which
 * write, when the application hears of it, when everything is flushed, and when a target is lost. Every event of a request goes
 * through {@link RequestWalk#onEvent}.
 *
 * <pre>
 *   a request        Admission ─► RequestWalk: ReadStep, WritePayloads, CopyStep, RequestEnd
 *   a target         LegTable: LegConnections, LegPauses, LegResyncs, PullAhead, StandIns, LogOrders; LegNews tells the requests
 *   a queue          LegStreams: LaggingWrites, StreamPump, StreamLimits, StreamJournal; JournalReplays after a crash
 *   the local disk   LocalDisk: LocalRefill
 *   flushes          FlushRounds: LazyFlushes
 * </pre>
 *
 * <p>Pure: no socket, file, clock, thread or lock. Called by the NBD server or an embedding program (requests), by the replicator (legs)
 * and by the resync; everything on the mirror's one event loop. Knows nothing of NBD: legs are block devices.
 *
 * <p>See {@code docs/architecture.md}, "One write, seven hops".
 */
package org.netraid.mirror;
