/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.control;

/**
 * Whether the resync over a node's copy can be taken back.
 *
 * @param state {@code NONE}, {@code KEEPING} (it can), {@code GIVEN_UP} (it cannot), {@code ROLLING_BACK} (it was begun and has to be given
 *     again), {@code ROLLED_BACK} (it was)
 * @param source the source whose resync it is
 * @param resyncStartedMillis wall clock
 * @param stateMillis what the copy was before that resync dates from then, as well as it is known
 * @param chunks chunks kept
 * @param usedBytes size of what is kept
 * @param limitBytes its bound
 * @param reason why nothing is kept; "" otherwise
 */
public record UndoStatus(String state, String source, long resyncStartedMillis, long stateMillis, long chunks, long usedBytes,
        long limitBytes, String reason) {

    public static final UndoStatus NONE = new UndoStatus("NONE", "", 0, 0, 0, 0, 0, "");

    public UndoStatus {
        state = state == null ? "NONE" : state;
        source = source == null ? "" : source;
        reason = reason == null ? "" : reason;
    }
}
