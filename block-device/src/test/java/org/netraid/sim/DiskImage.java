/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.sim;

import java.util.ArrayList;
import java.util.List;

/**
 * The medium below a {@link SimDisk}: what reads see, what is sure to survive a power cut, and the modifications in between in
 * the order they were applied.
 */
final class DiskImage {

    static final int SECTOR = 512;

    /** One applied modification that a power cut may undo. */
    private static final class Modification {
        final long sequence;
        final long offset;
        final long length;
        final byte[] data;
        /** Made durable on its own (FUA); kept only because older volatile ones lie below it. */
        boolean durable;
        /** A failed flush has dropped it: it will never reach the medium. */
        boolean doomed;

        Modification(long sequence, long offset, long length, byte[] data) {
            this.sequence = sequence;
            this.offset = offset;
            this.length = length;
            this.data = data;
        }

        boolean overlaps(long otherOffset, long otherLength) {
            return offset < otherOffset + otherLength && otherOffset < offset + length;
        }
    }

    private final SparseBytes current;
    private final SparseBytes durable;
    private final List<Modification> unflushed = new ArrayList<>();
    /** Dropped by a failed flush, passed over by a later one: reads see them until the power is cut. */
    private final List<Modification> ghosts = new ArrayList<>();
    private final SimRandom random;
    private final DurableChange durableChange;
    private long sequence;
    private long torn;

    /** Told of each range whose durable content may have changed. */
    interface DurableChange {
        void changed(long offset, long length);
    }

    DiskImage(long sizeBytes, SimRandom random, DurableChange durableChange) {
        this.current = new SparseBytes(sizeBytes);
        this.durable = new SparseBytes(sizeBytes);
        this.random = random;
        this.durableChange = durableChange;
    }

    /** Takes over everything from another image, which stays as it is. */
    void copyFrom(DiskImage other) {
        current.copyFrom(other.current);
        durable.copyFrom(other.durable);
        sequence = other.sequence;
        ghosts.addAll(other.ghosts);
        for (Modification modification : other.unflushed) {
            Modification copy = new Modification(modification.sequence, modification.offset, modification.length, modification.data);
            copy.durable = modification.durable;
            copy.doomed = modification.doomed;
            unflushed.add(copy);
        }
    }

    void forEachUnflushed(SimDisk.RangeVisitor visitor) {
        for (Modification modification : unflushed) {
            if (!modification.durable) {
                visitor.visit(modification.offset, modification.length);
            }
        }
    }

    SparseBytes current() {
        return current;
    }

    SparseBytes durable() {
        return durable;
    }

    /** Number of the newest modification applied. */
    long lastSequence() {
        return sequence;
    }

    int unflushedCount() {
        return unflushed.size();
    }

    boolean hasUnflushed(long offset, long length) {
        for (Modification modification : unflushed) {
            if (!modification.durable && modification.overlaps(offset, length)) {
                return true;
            }
        }
        return false;
    }

    /** @param data null for zeros */
    void apply(long offset, long length, byte[] data, boolean fua) {
        if (length == 0) {
            return;
        }
        Modification modification = new Modification(++sequence, offset, length, data);
        put(current, modification);
        if (fua) {
            putDurable(modification);
            modification.durable = true;
            // what is listed will be put on the medium in order once more: this one must come after what it lies on
            if (unflushed.stream().noneMatch(below -> below.overlaps(offset, length))) {
                return;
            }
        }
        unflushed.add(modification);
    }

    /** Makes everything up to this number durable, and some of what came after it. */
    void flush(long upTo) {
        long last = upTo + (sequence > upTo ? random.nextLong(sequence - upTo + 1) : 0);
        List<Modification> rest = new ArrayList<>();
        for (Modification modification : unflushed) {
            if (modification.sequence > last) {
                rest.add(modification);
            } else if (modification.doomed) {
                ghosts.add(modification);
            } else {
                putDurable(modification);
            }
        }
        // a FUA write that stays in the list lies above what has just been written below it
        for (Modification modification : rest) {
            if (modification.durable) {
                put(durable, modification);
            }
        }
        unflushed.clear();
        boolean volatileBelow = false;
        for (Modification modification : rest) {
            volatileBelow |= !modification.durable;
            if (volatileBelow) {
                unflushed.add(modification);
            }
        }
    }

    /** A flush has failed: what was unflushed may be gone though reads still see it, and no later flush brings it back. */
    void failedFlush() {
        for (Modification modification : unflushed) {
            if (!modification.durable && random.chance(600)) {
                modification.doomed = true;
            }
        }
    }

    /** @param changed told of each range that reads may see otherwise than before */
    void powerCut(boolean allLost, SimDisk.RangeVisitor changed) {
        for (Modification modification : unflushed) {
            int fate = modification.durable ? 0 : modification.doomed || allLost ? 2 : random.nextInt(3);
            if (fate == 0) {
                putDurable(modification);
            } else if (fate == 1) {
                putTorn(modification);
            }
        }
        unflushed.addAll(ghosts);
        for (Modification modification : unflushed) {
            copyDurableToCurrent(modification.offset, modification.length);
            changed.visit(modification.offset, modification.length);
        }
        unflushed.clear();
        ghosts.clear();
    }

    /** Modifications of which a power cut has left some sectors. */
    long torn() {
        return torn;
    }

    private void putTorn(Modification modification) {
        torn++;
        long end = modification.offset + modification.length;
        for (long from = modification.offset; from < end; ) {
            long to = Math.min(end, (from / SECTOR + 1) * SECTOR);
            if (random.nextBoolean()) {
                put(durable, modification, from, to);
            }
            from = to;
        }
        durableChange.changed(modification.offset, modification.length);
    }

    private void copyDurableToCurrent(long offset, long length) {
        byte[] buffer = new byte[(int) Math.min(length, 1 << 16)];
        for (long done = 0; done < length; done += buffer.length) {
            int count = (int) Math.min(buffer.length, length - done);
            durable.read(offset + done, buffer, 0, count);
            current.write(offset + done, buffer, 0, count);
        }
    }

    private void putDurable(Modification modification) {
        put(durable, modification);
        durableChange.changed(modification.offset, modification.length);
    }

    private static void put(SparseBytes target, Modification modification) {
        put(target, modification, modification.offset, modification.offset + modification.length);
    }

    private static void put(SparseBytes target, Modification modification, long from, long to) {
        if (modification.data == null) {
            target.zero(from, to - from);
        } else {
            target.write(from, modification.data, (int) (from - modification.offset), (int) (to - from));
        }
    }
}
