/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.model;

/** What a target remembers beside its record: where it was written (row S1), and what a resync has overwritten (row D18). Durable. */
final class Memory {

    /** As in TargetRegions: a later value is worth more. */
    enum Worth { NONE, BEGUN, KEPT, WHOLE }

    private static final Worth[] WORTHS = Worth.values();

    Worth worth = Worth.NONE;
    /** Chunks written since all copies were equal. */
    int regions;
    /** Old content is kept of a resync that has begun and not ended; the record to go back to is the member's. */
    boolean keeps;
    /** Chunks of which old content is kept. */
    int kept;
    /** Chunks that a roll-back has made older than their source believes. */
    int undone;
    // volatile
    /** A source: what it remembers is worth enough, and was read. */
    boolean serves;
    /** A source: targets that remember nothing of use. */
    int without;

    Memory copy() {
        Memory copy = new Memory();
        copy.decode(encode());
        return copy;
    }

    void lose() {
        serves = false;
        without = 0;
    }

    int encode() {
        return worth.ordinal() | regions << 2 | (keeps ? 1 << 6 : 0) | kept << 7 | undone << 11 | (serves ? 1 << 15 : 0) | without << 16;
    }

    void decode(int word) {
        worth = WORTHS[word & 3];
        regions = word >>> 2 & Oracle.CHUNK_MASK;
        keeps = (word >>> 6 & 1) != 0;
        kept = word >>> 7 & Oracle.CHUNK_MASK;
        undone = word >>> 11 & Oracle.CHUNK_MASK;
        serves = (word >>> 15 & 1) != 0;
        without = word >>> 16 & 0xff;
    }

    // ---- where it was written

    /**
     * A source gets the disk.
     *
     * @param anew what is remembered is of no use: everything will be sent, or this node was source itself
     */
    void prepare(boolean anew) {
        if (anew || worth == Worth.NONE) {
            regions = 0;
            worth = Worth.BEGUN;
        } else if (worth == Worth.WHOLE) {
            worth = Worth.KEPT;
        }
    }

    /** Everything will be sent. */
    void beginAnew() {
        worth = worth == Worth.NONE ? Worth.NONE : Worth.BEGUN;
    }

    void written(int chunk) {
        regions |= worth == Worth.NONE ? 0 : 1 << chunk;
    }

    /** All copies are equal up to now. */
    void forget() {
        if (worth != Worth.NONE) {
            regions = 0;
            worth = Worth.WHOLE;
        }
    }

    /** The source tells what others lack. */
    void told(int chunks) {
        if (worth != Worth.NONE && worth != Worth.WHOLE) {
            regions |= chunks;
            worth = Worth.WHOLE;
        }
    }
}
