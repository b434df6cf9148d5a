/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.state;

/**
 * What a node knows durably about the undo journal of its copy of one mirror.
 *
 * @param phase where it stands
 * @param journalId tells the journal from others on the same device
 * @param source the source whose resync it was begun for
 * @param startedMillis wall clock when that resync began
 * @param followedUntilMillis wall clock when the copy ceased to follow its source; 0: not known
 * @param mirrorBytes size of the mirror
 * @param chunkBytes unit of what is kept
 * @param before the record to go back to
 * @param reason why nothing is kept any more; "" otherwise
 */
public record UndoState(Phase phase, long journalId, String source, long startedMillis, long followedUntilMillis, long mirrorBytes,
        int chunkBytes, MirrorRecord before, String reason) {

    /** Steps of an undo journal. */
    public enum Phase {
        /** A resync runs or was interrupted; it can be taken back. */
        KEEPING,
        /** A resync runs or was interrupted, and there is no way back. */
        GIVEN_UP,
        /** The roll-back has begun and not ended: parts of the copy may be as before the resync. */
        ROLLING_BACK,
        /** The copy is what it was before the resync. */
        ROLLED_BACK
    }

    public UndoState with(Phase next, String why) {
        return new UndoState(next, journalId, source, startedMillis, followedUntilMillis, mirrorBytes, chunkBytes, before, why);
    }

    /** When the copy's state dates from, as well as it is known. */
    public long stateMillis() {
        return followedUntilMillis > 0 ? followedUntilMillis : startedMillis;
    }
}
