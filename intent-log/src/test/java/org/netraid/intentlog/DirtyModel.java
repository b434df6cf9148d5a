/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import java.util.Arrays;

/**
 * What must be dirty if the node died now: the checker's own idea of the rules, chunk by chunk, sharing no code with the log.
 * A chunk must be dirty for a slot while a write to it is under way, since the target missed one, or while the local disk or the
 * connected target may still lose one with its cache.
 */
final class DirtyModel {

    final int chunks;
    private final int[] active;
    private final long[] lastWrite;
    private long localFlushed;
    private long openEpoch = 1;
    final Slot[] slots = new Slot[IntentLog.MAX_SLOTS];

    /** One target. */
    final class Slot {
        boolean used;
        boolean connected;
        int session;
        private long flushed;
        private final boolean[] missed = new boolean[chunks];
        private final long[] received = new long[chunks];
        private final long[] resynced = new long[chunks];

        void clearAll() {
            Arrays.fill(missed, false);
            Arrays.fill(received, 0);
            Arrays.fill(resynced, 0);
        }

        boolean mustBeDirty(int chunk) {
            return active[chunk] > 0 || missed[chunk] || lastWrite[chunk] > localFlushed || connected && received[chunk] > flushed;
        }

        void miss(int chunk) {
            missed[chunk] = true;
            resynced[chunk] = 0;
        }

        void resynced(int chunk) {
            if (connected && missed[chunk] && resynced[chunk] == 0) {
                resynced[chunk] = openEpoch;
            }
        }

        private void settle() {
            long safe = Math.min(flushed, localFlushed);
            for (int c = 0; c < chunks; c++) {
                if (resynced[c] > 0 && resynced[c] <= safe) {
                    missed[c] = false;
                    resynced[c] = 0;
                }
            }
        }

        void lost() {
            for (int c = 0; c < chunks; c++) {
                if (connected && received[c] > flushed) {
                    missed[c] = true;
                }
                resynced[c] = 0;
            }
            connected = false;
        }

        void connect() {
            connected = true;
            session++;
            flushed = openEpoch - 1;
            Arrays.fill(resynced, 0);
            Arrays.fill(received, 0);
        }
    }

    DirtyModel(int chunks) {
        this.chunks = chunks;
        active = new int[chunks];
        lastWrite = new long[chunks];
        for (int k = 0; k < slots.length; k++) {
            slots[k] = new Slot();
        }
    }

    void begun(int first, int last) {
        for (int c = first; c <= last; c++) {
            active[c]++;
        }
    }

    void ended(int first, int last, int missedMask) {
        for (int c = first; c <= last; c++) {
            active[c]--;
            lastWrite[c] = openEpoch;
            for (int k = 0; k < slots.length; k++) {
                if (slots[k].used && (missedMask & 1 << k) != 0) {
                    slots[k].miss(c);
                } else if (slots[k].used) {
                    slots[k].received[c] = openEpoch;
                }
            }
        }
    }

    boolean isActive(int chunk) {
        return active[chunk] > 0;
    }

    void epochClosed(long epoch) {
        openEpoch = epoch + 1;
    }

    void flushed(int slot, long epoch) {
        if (slot == IntentLog.LOCAL) {
            localFlushed = Math.max(localFlushed, epoch);
            for (Slot each : slots) {
                each.settle();
            }
        } else if (slots[slot].connected) {
            slots[slot].flushed = Math.max(slots[slot].flushed, epoch);
            slots[slot].settle();
        }
    }

    /** The node has died: what had to be dirty is dirty now, nothing is under way, epochs begin anew. */
    void crashed() {
        for (Slot slot : slots) {
            for (int c = 0; c < chunks; c++) {
                slot.missed[c] = slot.used && slot.mustBeDirty(c);
            }
            Arrays.fill(slot.received, 0);
            Arrays.fill(slot.resynced, 0);
            slot.connected = false;
            slot.flushed = 0;
        }
        Arrays.fill(active, 0);
        Arrays.fill(lastWrite, 0);
        localFlushed = 0;
        openEpoch = 1;
    }
}
