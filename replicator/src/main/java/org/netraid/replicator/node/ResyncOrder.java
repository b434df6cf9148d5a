/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.ArrayList;
import java.util.List;

/**
 * Which resyncs of this node's mirrors may run now: none before those of the mirror it comes after, and not more at a time than configured.
 * First come, first served among those that may.
 */
final class ResyncOrder {

    private static final class Turn {
        private final String tag;
        private final int slot;
        private final String after;
        private final Runnable go;
        private boolean granted;

        Turn(String tag, int slot, String after, Runnable go) {
            this.tag = tag;
            this.slot = slot;
            this.after = after;
            this.go = go;
        }
    }

    private final int limit;
    private final List<Turn> turns = new ArrayList<>();

    /** @param limit resyncs at a time; 0: no limit */
    ResyncOrder(int limit) {
        this.limit = limit;
    }

    /**
     * Asks for a turn, or for the one it has already.
     *
     * @param after the mirror whose resyncs come first; "" if none
     * @param go runs when it has its turn, perhaps inside this call
     */
    void enter(String tag, int slot, String after, Runnable go) {
        for (Turn turn : turns) {
            if (turn.tag.equals(tag) && turn.slot == slot) {
                if (turn.granted) {
                    go.run();
                    return;
                }
                turns.remove(turn);
                break;
            }
        }
        turns.add(new Turn(tag, slot, after, go));
        grant();
    }

    /** The resync has ended, or is not wanted any more. */
    void leave(String tag, int slot) {
        if (turns.removeIf(turn -> turn.tag.equals(tag) && turn.slot == slot)) {
            grant();
        }
    }

    /** What the resync waits for; "" if it does not. */
    String waitsFor(String tag, int slot) {
        for (Turn turn : turns) {
            if (turn.tag.equals(tag) && turn.slot == slot && !turn.granted) {
                return obstacle(turn);
            }
        }
        return "";
    }

    private String obstacle(Turn turn) {
        for (Turn other : turns) {
            if (!turn.after.isEmpty() && other.tag.equals(turn.after)) {
                return "resync of " + turn.after;
            }
        }
        if (limit == 0) {
            return "";
        }
        List<String> running = turns.stream().filter(other -> other.granted).map(other -> other.tag).distinct().toList();
        long count = turns.stream().filter(other -> other.granted).count();
        return count < limit ? "" : "resync of " + String.join(" and ", running) + " (at most " + limit + " at a time)";
    }

    private void grant() {
        for (Turn turn : List.copyOf(turns)) {
            if (!turn.granted && turns.contains(turn) && obstacle(turn).isEmpty()) {
                turn.granted = true;
                turn.go.run();
            }
        }
    }
}
