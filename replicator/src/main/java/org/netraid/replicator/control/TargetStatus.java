/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.control;

/**
 * One target of a mirror, as its source sees it.
 *
 * @param node the target's name
 * @param state state; its {@link TargetState#words} are shown
 * @param type {@code Synchronous}
 * @param resyncKind {@code full} or {@code partial} while a resync runs or waits, else ""
 * @param connected its disk is connected and gets every new write
 * @param dirtyChunks chunks it lacks
 * @param dirtyBytes the same in bytes
 * @param percentDone of the running resync, 0 to 100; 100 when in sync
 * @param resyncSentBytes data sent by the running or last resync
 * @param resyncTotalBytes what that resync set out to send
 * @param zeroBytes of these, sent as zeros without data
 * @param rateBytesPerSecond of the running resync
 * @param etaSeconds until it ends; -1 unknown
 * @param lastError why it was last lost or refused; "" if never
 * @param address where its disk is served, for people
 */
public record TargetStatus(String node, TargetState state, String type, String resyncKind, boolean connected,
        long dirtyChunks, long dirtyBytes, double percentDone, long resyncSentBytes, long resyncTotalBytes, long zeroBytes,
        long rateBytesPerSecond, long etaSeconds, String lastError, String address) {
}
