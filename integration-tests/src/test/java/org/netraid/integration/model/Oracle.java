/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.model;

import java.util.Arrays;

/**
 * Knows what every copy holds and what was acknowledged. A value of a chunk is a write; it includes the values on top of which its source
 * made it. A write is lost where a copy that is served does not include it.
 *
 * <p>Shares no code with the decisions: no generations, flags, roles or bits.
 */
final class Oracle {

    static final int MAX_CHUNKS = 4;
    static final int CHUNK_MASK = (1 << MAX_CHUNKS) - 1;
    private static final int MAX_VALUES = 24;

    private final int nodes;
    final int chunks;
    /** Per chunk and node: the value held. */
    private final int[][] held;
    /** Per chunk and value: the set of values it includes, itself among them. */
    private final int[][] includes;
    private final int[] count;
    /** Per chunk: values acknowledged to the application and not given up by an operator. */
    private final int[] acknowledged;
    /** Copies that are a mixture: a resync over them has copied something and is not at its end. */
    int mixed;
    /** Copies over which a resync has begun that is not at its end: they hold what another copy gives them, and count for nothing yet. */
    int unfinished;
    /** Per chunk and node: the value held when the resync over it began, if it is kept; 0 is a value like any other. */
    private final int[][] before;
    /** Copies of which that is known. */
    private int remembered;

    Oracle(int nodes, int chunks) {
        this.nodes = nodes;
        this.chunks = chunks;
        held = new int[chunks][nodes];
        before = new int[chunks][nodes];
        includes = new int[chunks][];
        count = new int[chunks];
        acknowledged = new int[chunks];
        for (int chunk = 0; chunk < chunks; chunk++) {
            includes[chunk] = new int[] {1};
            count[chunk] = 1;
        }
    }

    private Oracle(Oracle from) {
        nodes = from.nodes;
        chunks = from.chunks;
        held = new int[chunks][];
        before = new int[chunks][];
        includes = new int[chunks][];
        for (int chunk = 0; chunk < chunks; chunk++) {
            held[chunk] = from.held[chunk].clone();
            before[chunk] = from.before[chunk].clone();
            includes[chunk] = from.includes[chunk].clone();
        }
        count = from.count.clone();
        acknowledged = from.acknowledged.clone();
        mixed = from.mixed;
        unfinished = from.unfinished;
        remembered = from.remembered;
    }

    Oracle copy() {
        return new Oracle(this);
    }

    // ---- what happens

    /** The source makes a value on top of its own; nobody holds it yet. */
    int write(int source, int chunk) {
        int value = count[chunk]++;
        if (value >= MAX_VALUES) {
            throw new IllegalStateException("more values of a chunk than the model has room for");
        }
        includes[chunk] = Arrays.copyOf(includes[chunk], count[chunk]);
        includes[chunk][value] = includes[chunk][held[chunk][source]] | 1 << value;
        return value;
    }

    void store(int node, int chunk, int value) {
        held[chunk][node] = value;
    }

    void acknowledge(int chunk, int value) {
        acknowledged[chunk] |= 1 << value;
    }

    void copyChunk(int from, int to, int chunk) {
        held[chunk][to] = held[chunk][from];
    }

    /** What a copy holds is kept: it may return to it. */
    void remember(int node) {
        remembered |= 1 << node;
        for (int chunk = 0; chunk < chunks; chunk++) {
            before[chunk][node] = held[chunk][node];
        }
    }

    void noLongerRemember(int node) {
        remembered &= ~(1 << node);
    }

    /** A chunk is put back to what it was. */
    void putBack(int node, int chunk) {
        held[chunk][node] = before[chunk][node];
    }

    /** True if the copy is what it was when it was remembered. */
    boolean isAsBefore(int node) {
        for (int chunk = 0; chunk < chunks; chunk++) {
            if (held[chunk][node] != before[chunk][node]) {
                return false;
            }
        }
        return true;
    }

    /** An operator vouches for this copy: what it lacks is given up. */
    void giveUpWhatLacks(int node) {
        for (int chunk = 0; chunk < chunks; chunk++) {
            acknowledged[chunk] &= included(node, chunk);
        }
    }

    /** An operator gives up what only the other copy has. */
    void giveUpWhatOnly(int other, int kept) {
        for (int chunk = 0; chunk < chunks; chunk++) {
            acknowledged[chunk] &= ~(included(other, chunk) & ~included(kept, chunk));
        }
    }

    // ---- what holds

    private int included(int node, int chunk) {
        return includes[chunk][held[chunk][node]];
    }

    /** True if the copy has every acknowledged write. */
    boolean hasEverything(int node) {
        for (int chunk = 0; chunk < chunks; chunk++) {
            if ((acknowledged[chunk] & ~included(node, chunk)) != 0) {
                return false;
            }
        }
        return true;
    }

    boolean anybodyHasEverything() {
        for (int node = 0; node < nodes; node++) {
            if (hasEverything(node)) {
                return true;
            }
        }
        return false;
    }

    /** True if a copy of the chunk from one node to the other would destroy an acknowledged write. */
    boolean wouldLose(int from, int to, int chunk) {
        return (acknowledged[chunk] & included(to, chunk) & ~included(from, chunk)) != 0;
    }

    /** As {@link #wouldLose}, of writes that no copy has which counts. */
    boolean wouldLoseTheOnly(int from, int to, int chunk) {
        int elsewhere = included(from, chunk);
        for (int node = 0; node < nodes; node++) {
            elsewhere |= node != to && (unfinished >>> node & 1) == 0 ? included(node, chunk) : 0;
        }
        return (acknowledged[chunk] & included(to, chunk) & ~elsewhere) != 0;
    }

    boolean equal(int one, int other) {
        return differing(one, other) == 0;
    }

    /** Chunks in which two copies differ, as bits. */
    int differing(int one, int other) {
        int bits = 0;
        for (int chunk = 0; chunk < chunks; chunk++) {
            bits |= held[chunk][one] != held[chunk][other] ? 1 << chunk : 0;
        }
        return bits;
    }

    // ---- as numbers

    /** Forgets values that cannot matter any more and numbers the others by who holds them, so that equal worlds look equal. */
    int[] canonical() {
        int[] out = new int[1 + chunks * (2 * nodes + 2 + MAX_VALUES)];
        int at = 0;
        out[at++] = mixed | unfinished << 8 | remembered << 16;
        for (int chunk = 0; chunk < chunks; chunk++) {
            at = canonical(chunk, out, at);
        }
        return Arrays.copyOf(out, at);
    }

    private int canonical(int chunk, int[] out, int start) {
        int at = start;
        int somebody = 0;
        int everybody = -1;
        int isHeld = 0;
        for (int node = 0; node < nodes; node++) {
            isHeld |= 1 << held[chunk][node];
            if (isRemembered(node)) {
                isHeld |= 1 << before[chunk][node];
                somebody |= includes[chunk][before[chunk][node]];
                everybody &= includes[chunk][before[chunk][node]];
            }
            somebody |= included(node, chunk);
            everybody &= included(node, chunk);
        }
        // an acknowledged write that all copies include, or none, will not be missed
        int live = isHeld | acknowledged[chunk] & somebody & ~everybody;
        int[] renumbered = new int[count[chunk]];
        int values = 0;
        for (int node = 0; node < nodes; node++) {
            int value = held[chunk][node];
            if (renumbered[value] == 0) {
                renumbered[value] = ++values;
            }
        }
        for (int node = 0; node < nodes; node++) {
            if (isRemembered(node) && renumbered[before[chunk][node]] == 0) {
                renumbered[before[chunk][node]] = ++values;
            }
        }
        for (int value = 0; value < count[chunk]; value++) {
            if ((live >>> value & 1) != 0 && renumbered[value] == 0) {
                renumbered[value] = ++values;
            }
        }
        int[] sets = new int[values];
        int acked = 0;
        for (int value = 0; value < count[chunk]; value++) {
            if (renumbered[value] != 0) {
                int set = 0;
                for (int rest = includes[chunk][value] & live; rest != 0; rest &= rest - 1) {
                    set |= 1 << renumbered[Integer.numberOfTrailingZeros(rest)] - 1;
                }
                sets[renumbered[value] - 1] = set;
                boolean missable = (acknowledged[chunk] & ~everybody & 1 << value) != 0;
                acked |= missable ? 1 << renumbered[value] - 1 : 0;
            }
        }
        for (int node = 0; node < nodes; node++) {
            out[at++] = renumbered[held[chunk][node]] - 1;
        }
        for (int node = 0; node < nodes && remembered != 0; node++) {
            out[at++] = isRemembered(node) ? renumbered[before[chunk][node]] - 1 : 0;
        }
        out[at++] = values;
        out[at++] = acked;
        System.arraycopy(sets, 0, out, at, values);
        return at + values;
    }

    private boolean isRemembered(int node) {
        return (remembered >>> node & 1) != 0;
    }

    static Oracle of(int nodes, int chunks, int[] canonical) {
        Oracle oracle = new Oracle(nodes, chunks);
        int at = 0;
        oracle.mixed = canonical[at] & 0xff;
        oracle.unfinished = canonical[at] >>> 8 & 0xff;
        oracle.remembered = canonical[at++] >>> 16 & 0xff;
        for (int chunk = 0; chunk < chunks; chunk++) {
            System.arraycopy(canonical, at, oracle.held[chunk], 0, nodes);
            at += nodes;
            if (oracle.remembered != 0) {
                System.arraycopy(canonical, at, oracle.before[chunk], 0, nodes);
                at += nodes;
            }
            oracle.count[chunk] = canonical[at++];
            oracle.acknowledged[chunk] = canonical[at++];
            oracle.includes[chunk] = Arrays.copyOfRange(canonical, at, at + oracle.count[chunk]);
            at += oracle.count[chunk];
        }
        return oracle;
    }

    /** Which copies hold the same, for people: a letter per distinct value of each chunk. */
    String text(int node) {
        StringBuilder text = new StringBuilder();
        for (int chunk = 0; chunk < chunks; chunk++) {
            text.append((char) ('A' + held[chunk][node]));
        }
        return text.toString();
    }
}
