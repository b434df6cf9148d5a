/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import org.netraid.intentlog.format.Superblock;

/** All the log knows of one target, in memory. */
final class TargetSlot {

    final int index;
    final SlotBitmap bitmap = new SlotBitmap();
    SlotState state = SlotState.UNUSED;
    String name = "";
    int life;
    boolean fillOnes;
    boolean connected;
    /** Newest epoch flushed there; means nothing unless connected. */
    long flushedEpoch;

    TargetSlot(int index) {
        this.index = index;
    }

    boolean isUsed() {
        return state != SlotState.UNUSED;
    }

    Superblock.Slot toRecord() {
        return new Superblock.Slot(state, fillOnes, life, name);
    }

    void restore(Superblock.Slot slot) {
        state = slot.state();
        name = slot.name();
        life = slot.life();
        fillOnes = slot.fillOnes();
    }

    /** Starts a new life: every page on disk becomes worthless at once, when the superblock with the new life is durable. */
    void startLife(boolean ones, long chunkCount) {
        life++;
        fillOnes = ones;
        bitmap.reset(ones, chunkCount);
    }
}
