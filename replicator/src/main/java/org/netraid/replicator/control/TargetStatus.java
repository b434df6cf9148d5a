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
 * @param type {@code Synchronous}, {@code Memory Synchronous} or {@code Asynchronous}
 * @param resyncKind {@code full} or {@code partial} while a resync runs or waits, else ""
 * @param connected its disk is connected and gets every new write
 * @param dirtyChunks chunks it lacks
 * @param dirtyBytes the same in bytes
 * @param percentDone of the running resync, 0 to 100; 100 only when in sync
 * @param resyncSentBytes data sent by the running or last resync
 * @param resyncTotalBytes what the target lacked, or came to lack, since that resync began
 * @param zeroBytes of these, given to the target as zeros without data
 * @param rateBytesPerSecond of the running resync over the last seconds, zeros and equal bytes included
 * @param etaSeconds until it ends; -1 unknown
 * @param lastError why it was last lost or refused; "" if never
 * @param address where its disk is served, for people
 * @param resyncDoneBytes of the total, what the target has now: sent, zeros and equal
 * @param equalBytes of the total, not sent because the target's checksums showed that it has them
 * @param resyncPasses walks over the device; more than one if something was dirtied again
 * @param windowBytes how much the running resync keeps on its way to the target
 * @param waitsFor what holds the running resync up; "" if nothing does
 * @param replication when a write counts as done, and how far the target lags behind
 */
public record TargetStatus(String node, TargetState state, String type, String resyncKind, boolean connected,
        long dirtyChunks, long dirtyBytes, double percentDone, long resyncSentBytes, long resyncTotalBytes, long zeroBytes,
        long rateBytesPerSecond, long etaSeconds, String lastError, String address, long resyncDoneBytes, long equalBytes,
        int resyncPasses, long windowBytes, String waitsFor,
        ReplicationStatus replication) {
}
