/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.journal.AsyncJournal;

/**
 * What is known of a target's copy when it is connected.
 *
 * @param isConsistent false if the target says of itself that it is inconsistent: then it is resynced even if the log has no dirty chunk,
 *     so that it is marked in sync in the end
 * @param generation what the copy belongs to, as the target says; it may be given first what an earlier life of this source had queued for
 *     it. {@link AsyncJournal#NO_TOKEN} for no replay
 * @param isMarked false if the target has not taken this source's generation: then it gets no write of the application before a resync, if
 *     only of nothing, has marked it
 */
public record TargetCopy(boolean isConsistent, long generation, boolean isMarked) {

    /** Of a target that says nothing of generations. */
    public static TargetCopy foreign(boolean isConsistent) {
        return new TargetCopy(isConsistent, AsyncJournal.NO_TOKEN, true);
    }

    /** True if no resync is needed for what the target says of itself. */
    boolean isUsable() {
        return isConsistent && isMarked;
    }

    /** After a resync. */
    TargetCopy inSync() {
        return new TargetCopy(true, generation, true);
    }
}
