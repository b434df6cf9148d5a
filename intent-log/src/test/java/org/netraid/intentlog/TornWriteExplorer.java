/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.IntentLog.Recovery.Kind;
import org.roaringbitmap.BitSetUtil;
import org.roaringbitmap.RoaringBitmap;

/**
 * Runs a workload; whenever a write of the log is on its way, cuts it at every 512-byte sector and at random bytes, keeps or drops any
 * of the other writes not yet flushed, opens what is left, and compares with the model.
 */
final class TornWriteExplorer {

    private final CrashWorkload workload;
    private final FaultPoints faults;
    private final Random random;
    private final RecordingDevice[] recording = new RecordingDevice[1];
    private final RoaringBitmap[] mustBeDirty = new RoaringBitmap[IntentLog.MAX_SLOTS];
    private long seenVersion;
    private long cases;

    /** What a case opens: the medium, changed by the case, and put back afterwards where it was changed. */
    private byte[] image;
    private final List<long[]> changed = new ArrayList<>();

    TornWriteExplorer(long seed, FaultPoints faults) {
        this.faults = faults;
        RecordingDevice[] holder = recording;
        workload = new CrashWorkload(seed, faults, (below, content) -> holder[0] = new RecordingDevice(below, content));
        random = new Random(seed);
    }

    /** @return images opened */
    long run(int steps) {
        workload.probe = this::explore;
        workload.run(steps);
        return cases;
    }

    private void explore() {
        if (recording[0].version == seenVersion && random.nextInt(8) != 0) {
            return;
        }
        seenVersion = recording[0].version;
        List<RecordingDevice.Volatile> writes = new ArrayList<>(recording[0].writes);
        takeModel();
        image = recording[0].durable.clone();
        if (writes.isEmpty()) {
            recover("at rest");
        }
        for (int w = 0; w < writes.size(); w++) {
            cutEverywhere(writes, w);
        }
    }

    private void takeModel() {
        DirtyModel model = workload.model();
        for (int k = 0; k < IntentLog.MAX_SLOTS; k++) {
            long[] words = new long[(model.chunks + Long.SIZE - 1) / Long.SIZE];
            for (int c = 0; (workload.usedSlots() & 1 << k) != 0 && c < model.chunks; c++) {
                words[c / Long.SIZE] |= model.slots[k].mustBeDirty(c) ? 1L << c : 0;
            }
            mustBeDirty[k] = BitSetUtil.bitmapOf(words);
        }
    }

    private void cutEverywhere(List<RecordingDevice.Volatile> writes, int w) {
        int length = writes.get(w).data.length;
        for (int cut = 0; cut <= length; cut += 512) {
            cut(writes, w, cut);
        }
        for (int i = 0; i < 4; i++) {
            cut(writes, w, random.nextInt(length));
        }
    }

    /** Keeps one side of the cut, and some of the other writes. */
    private void cut(List<RecordingDevice.Volatile> writes, int w, int at) {
        long kept = random.nextInt(3) == 0 ? -random.nextInt(2) : random.nextLong();
        for (int i = 0; i < writes.size(); i++) {
            RecordingDevice.Volatile write = writes.get(i);
            if (i != w && (kept & 1L << (i & 63)) != 0) {
                put(write, 0, write.data.length);
            }
        }
        RecordingDevice.Volatile write = writes.get(w);
        int from = random.nextInt(4) == 0 ? at : 0;
        int to = from == 0 ? at : write.data.length;
        put(write, from, to);
        recover("write of " + write.data.length + " at " + write.offset + ", bytes " + from + " to " + to + " arrived");
    }

    private void put(RecordingDevice.Volatile write, int from, int to) {
        changed.add(new long[] {write.offset + from, to - from});
        System.arraycopy(write.data, from, image, (int) write.offset + from, to - from);
    }

    private DiskIntentLog open() {
        return ImageDevice.open(image, workload.rig.config, faults, w -> changed.add(new long[] {w.offsetBytes(), w.lengthBytes()}));
    }

    private void recover(String what) {
        cases++;
        DiskIntentLog log = open();
        assertThat(log.recovery().kind()).as(() -> what + "; " + log.recovery().message()).isIn(Kind.CLEAN, Kind.CRASHED);
        check(log, what);
        if (random.nextInt(16) == 0) {
            checkSecondTime(log, what);
        }
        putBack(recording[0].durable);
    }

    private void putBack(byte[] original) {
        for (long[] range : changed) {
            System.arraycopy(original, (int) range[0], image, (int) range[0], (int) range[1]);
        }
        changed.clear();
    }

    /** Recovery changes nothing that a second one needs. */
    private void checkSecondTime(DiskIntentLog first, String what) {
        boolean wasClean = first.recovery().kind() == Kind.CLEAN;
        DiskIntentLog second = open();
        assertThat(second.recovery().kind()).isEqualTo(Kind.CRASHED);
        check(second, what + ", opened a second time");
        assertThat(second.recovery().hotExtents()).isEqualTo(wasClean ? 0 : first.recovery().hotExtents());
    }

    private void check(DiskIntentLog log, String what) {
        for (int k = 0; k < IntentLog.MAX_SLOTS; k++) {
            if (!log.dirty(k).contains(mustBeDirty[k])) {
                throw new AssertionError(what + ": chunk " + RoaringBitmap.andNot(mustBeDirty[k], log.dirty(k)).first() + " of slot " + k
                        + " may differ and is not dirty; seed " + workload.rig.sim.seed());
            }
        }
    }

    /**
     * After the workload: flips a bit in every byte of the blocks' headers and in every {@code stride}th of the rest, of
     * blank blocks in one. The log is lost and says so, or nothing is forgotten.
     */
    void rotEverywhere(int steps, int stride) {
        workload.run(steps);
        takeModel();
        byte[] original = recording[0].durable;
        image = original.clone();
        for (int at = 0; at < image.length; at += at % 4096 < HEADER ? 1 : stride) {
            rot(at);
            putBack(original);
            if (at % 4096 == 0 && isBlank(original, at)) {
                at += 4095;
            }
        }
    }

    private static final int HEADER = 64;

    private static boolean isBlank(byte[] image, int at) {
        for (int i = at; i < at + 4096; i++) {
            if (image[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private void rot(int at) {
        changed.add(new long[] {at, 1});
        image[at] ^= (byte) (1 << random.nextInt(8));
        DiskIntentLog log = open();
        if (log.recovery().kind() == Kind.LOST) {
            assertThat(log.recovery().message()).contains("full resync");
        } else {
            check(log, "bit flipped at " + at);
        }
    }
}
