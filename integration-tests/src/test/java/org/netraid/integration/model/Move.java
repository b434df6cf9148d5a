/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.model;

/** Something that happens: to a node, or between two. As a number: kind, node, other node, detail. */
enum Move {
    // to a node
    CRASH, BOOT, WAITED, THINK, SERVE, START, FORCE, FORCE_INCONSISTENT, STOP, SHUTDOWN, CRASH_IN_STOP, WAIT_OVER,
    /** Detail: chunk. */
    WRITE,
    /** Detail: chunk and {@link Torn}. */
    CRASH_IN_WRITE,
    /** Detail: chunk, and bit 2: the other node has taken a new generation when it is lost. */
    WRITE_LOSING,
    // between nodes
    CUT, CONNECT,
    // source and target
    OPEN, MERGE,
    /** Detail 1: there is no room for what the resync will overwrite. */
    ANNOUNCE, BEGIN, COPY, CONFIRM, SETTLE, STALL, PAUSE, RESUME, FULLRESYNC, SWITCHOVER,
    /** A source tells its targets what everybody has. Detail 1: the source is killed when one target has heard it. */
    REGIONS,
    /** An operator takes a resync back. Detail 1: the node is killed when the first chunk is put back. */
    ROLLBACK;

    private static final Move[] ALL = values();

    /** Where a write has got to when its source dies. */
    enum Torn {
        /** Only the source's disk has it. */
        SOURCE,
        /** As SOURCE, and those that miss it are known to be stale. */
        SOURCE_STALE,
        /** All targets have it, the source's own disk has not. */
        TARGETS,
        /** One target has it. */
        FIRST_TARGET,
        /** No disk has it; a new generation is recorded, and the last target in sync has not taken it. */
        HALF_ADOPTED
    }

    int with(int node, int other, int detail) {
        return ordinal() << 16 | node << 12 | other << 8 | detail;
    }

    static Move kind(int move) {
        return ALL[move >>> 16];
    }

    static int node(int move) {
        return move >>> 12 & 15;
    }

    static int other(int move) {
        return move >>> 8 & 15;
    }

    static int detail(int move) {
        return move & 255;
    }
}
