/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.model;

import org.netraid.intentlog.SlotState;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.Role;

/** One node of the model: its durable record and intent log, and what it would forget in a crash. Small sets are bits of an int. */
final class Member {

    /** Ints of {@link #encode}. */
    static final int INTS = 7;

    /** What a node is in the middle of. */
    enum Task { NONE, ENTERING, HANDING_OVER }

    /** Stages of a target as its source sees it. The mirror's own states are coarser: see the Javadoc of each. */
    enum Leg {
        /** No connection. */
        GONE,
        /** CONNECTED, before a resync. */
        CONNECTED,
        /** CONNECTED; the target has recorded that it is inconsistent, the source not. */
        ANNOUNCED,
        RESYNCING,
        /** RESYNCING; nothing is dirty any more, the log says TRACKING. */
        COPIED,
        /** RESYNCING; the target has recorded that it is in sync. */
        CONFIRMED,
        IN_SYNC,
        /** IN_SYNC at once, because nothing was missing; the target has not recorded it yet. */
        CLEAN,
        /** As CLEAN; the target has recorded it, the source not. */
        CLEAN_CONFIRMED,
        PAUSED;

        boolean replicates() {
            return ordinal() >= RESYNCING.ordinal() && this != PAUSED;
        }

        /** What the mirror calls IN_SYNC. */
        boolean isInSync() {
            return this == IN_SYNC || this == CLEAN || this == CLEAN_CONFIRMED;
        }
    }

    private static final Role[] ROLES = Role.values();
    private static final Task[] TASKS = Task.values();
    private static final Leg[] LEGS = Leg.values();
    private static final SlotState[] SLOTS = SlotState.values();

    final String name;
    // durable
    MirrorRecord record = MirrorRecord.NEW;
    private int slots;
    private int dirty;
    final Memory memory;
    /** The record to go back to when a resync is taken back; {@link MirrorRecord#NEW} if nothing was kept. */
    MirrorRecord before = MirrorRecord.NEW;
    // volatile
    boolean up;
    Role role = Role.STOPPED;
    boolean waited;
    /** Index of the node that may go in service as far as this one is concerned; -1 if none. */
    int promisedTo = -1;
    Task task = Task.NONE;
    /** Who handed over to this node, or to whom this one does; -1 if nobody. */
    int partner = -1;
    /** Whose target it is; -1 if nobody's. */
    int source = -1;
    private int legs;
    boolean waitIsOver;
    int discards;
    /** It goes in service against the advice of a cluster manager that fences: see {@link Oracle}. */
    boolean excused;
    /** It goes in service by the second word. */
    boolean secondWord;
    /** In place of another. */
    boolean takesOver;

    Member(String name) {
        this(name, new Memory());
    }

    private Member(String name, Memory memory) {
        this.name = name;
        this.memory = memory;
    }

    Member copy() {
        Member copy = new Member(name, memory.copy());
        copy.before = before;
        copy.record = record;
        copy.slots = slots;
        copy.dirty = dirty;
        copy.up = up;
        copy.role = role;
        copy.waited = waited;
        copy.promisedTo = promisedTo;
        copy.task = task;
        copy.partner = partner;
        copy.source = source;
        copy.legs = legs;
        copy.waitIsOver = waitIsOver;
        copy.discards = discards;
        copy.excused = excused;
        copy.secondWord = secondWord;
        copy.takesOver = takesOver;
        return copy;
    }

    boolean isSource() {
        return up && role == Role.SOURCE && task == Task.NONE;
    }

    /** The process ends; what is durable stays. */
    void lose() {
        up = false;
        waited = false;
        promisedTo = -1;
        source = -1;
        leaveService(Role.STOPPED);
        task = Task.NONE;
        partner = -1;
        excused = false;
        secondWord = false;
        takesOver = false;
    }

    void leaveService(Role next) {
        role = next;
        legs = 0;
        waitIsOver = false;
        discards = 0;
        memory.lose();
    }

    Leg leg(int peer) {
        return LEGS[legs >>> 4 * peer & 15];
    }

    void leg(int peer, Leg value) {
        legs = legs & ~(15 << 4 * peer) | value.ordinal() << 4 * peer;
    }

    SlotState slot(int peer) {
        return SLOTS[slots >>> 2 * peer & 3];
    }

    void slot(int peer, SlotState value) {
        slots = slots & ~(3 << 2 * peer) | value.ordinal() << 2 * peer;
    }

    /** Chunks that the log knows the peer to lack. */
    int dirty(int peer) {
        return dirty >>> Oracle.MAX_CHUNKS * peer & Oracle.CHUNK_MASK;
    }

    void dirty(int peer, int chunks) {
        int shift = Oracle.MAX_CHUNKS * peer;
        dirty = dirty & ~(Oracle.CHUNK_MASK << shift) | (chunks & Oracle.CHUNK_MASK) << shift;
    }

    void newLog() {
        slots = 0;
        dirty = 0;
    }

    /** @param recordId number of the record, the same for equal records; so is that of the record before */
    void encode(int recordId, int beforeId, int[] row, int at) {
        row[at] = recordId;
        row[at + 1] = (up ? 1 : 0) | role.ordinal() << 1 | (waited ? 1 << 4 : 0) | promisedTo + 1 << 5 | task.ordinal() << 9
                | partner + 1 << 11 | source + 1 << 15 | (waitIsOver ? 1 << 19 : 0) | (excused ? 1 << 20 : 0) | (secondWord ? 1 << 21 : 0)
                | (takesOver ? 1 << 22 : 0);
        row[at + 2] = legs;
        row[at + 3] = dirty;
        row[at + 4] = slots | discards << 16;
        row[at + 5] = memory.encode();
        row[at + 6] = beforeId;
    }

    void decode(MirrorRecord known, MirrorRecord knownBefore, int[] row, int at) {
        record = known;
        before = knownBefore;
        memory.decode(row[at + 5]);
        int word = row[at + 1];
        up = (word & 1) != 0;
        role = ROLES[word >>> 1 & 7];
        waited = (word >>> 4 & 1) != 0;
        promisedTo = (word >>> 5 & 15) - 1;
        task = TASKS[word >>> 9 & 3];
        partner = (word >>> 11 & 15) - 1;
        source = (word >>> 15 & 15) - 1;
        waitIsOver = (word >>> 19 & 1) != 0;
        excused = (word >>> 20 & 1) != 0;
        secondWord = (word >>> 21 & 1) != 0;
        takesOver = (word >>> 22 & 1) != 0;
        legs = row[at + 2];
        dirty = row[at + 3];
        slots = row[at + 4] & 0xffff;
        discards = row[at + 4] >>> 16;
    }
}
