/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.journal;

/**
 * Where a simulated node's journals are: outlives the node's crashes. A kill leaves all that was appended, and perhaps a torn record
 * behind it; after a power cut nothing is believed, as with the real one.
 */
public final class SimJournalStore {

    private SimJournal current;
    private SimJournal left;

    /** The new life's journal. */
    public SimJournal current() {
        return current;
    }

    /** What the life before has left; null if nothing that could be replayed. */
    public SimJournal left() {
        return left;
    }

    /** A new life begins. */
    public void open() {
        if (current != null && current.isAttached()) {
            left = current;
        } else if (left != null && !left.isAttached()) {
            left = null;
        }
        current = new SimJournal();
    }

    /** @param tornBytes of a record that was being appended; 0 for none */
    public void kill(int tornBytes) {
        if (current != null && tornBytes > 0) {
            current.tear(tornBytes);
        }
    }

    public void cutPower() {
        current = null;
        left = null;
    }
}
