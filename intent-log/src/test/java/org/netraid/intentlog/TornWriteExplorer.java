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

/**
 * Runs a workload; whenever a write of the log is on its way, cuts it at every 512-byte sector and at random bytes, keeps or drops any
 * of the other writes not yet flushed, opens what is left, and compares with the model.
 */
final class TornWriteExplorer {

    private final CrashWorkload workload;
    private final FaultPoints faults;
    private final Random random;
    private final RecordingDevice[] recording = new RecordingDevice[1];
    private long seenVersion;
    private long cases;

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
        if (writes.isEmpty()) {
            recover(recording[0].durable.clone(), "at rest");
        }
        for (int w = 0; w < writes.size(); w++) {
            cutEverywhere(writes, w);
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
        byte[] image = recording[0].durable.clone();
        long kept = random.nextInt(3) == 0 ? -random.nextInt(2) : random.nextLong();
        for (int i = 0; i < writes.size(); i++) {
            RecordingDevice.Volatile write = writes.get(i);
            if (i != w && (kept & 1L << (i & 63)) != 0) {
                System.arraycopy(write.data, 0, image, (int) write.offset, write.data.length);
            }
        }
        RecordingDevice.Volatile write = writes.get(w);
        int from = random.nextInt(4) == 0 ? at : 0;
        int to = from == 0 ? at : write.data.length;
        System.arraycopy(write.data, from, image, (int) write.offset + from, to - from);
        recover(image, "write of " + write.data.length + " at " + write.offset + ", bytes " + from + " to " + to + " arrived");
    }

    private void recover(byte[] image, String what) {
        cases++;
        DiskIntentLog log = ImageDevice.open(image, workload.rig.config, faults);
        assertThat(log.recovery().kind()).as("%s; %s", what, log.recovery().message()).isIn(Kind.CLEAN, Kind.CRASHED);
        check(log, what);
        if (random.nextInt(16) == 0) {
            checkSecondTime(log, image, what);
        }
    }

    /** Recovery changes nothing that a second one needs. */
    private void checkSecondTime(DiskIntentLog first, byte[] image, String what) {
        boolean wasClean = first.recovery().kind() == Kind.CLEAN;
        DiskIntentLog second = ImageDevice.open(image, workload.rig.config, faults);
        assertThat(second.recovery().kind()).isEqualTo(Kind.CRASHED);
        check(second, what + ", opened a second time");
        assertThat(second.recovery().hotExtents()).isEqualTo(wasClean ? 0 : first.recovery().hotExtents());
    }

    private void check(DiskIntentLog log, String what) {
        DirtyModel model = workload.model();
        for (int k = 0; k < IntentLog.MAX_SLOTS; k++) {
            for (int c = 0; (workload.usedSlots() & 1 << k) != 0 && c < model.chunks; c++) {
                if (model.slots[k].mustBeDirty(c) && !log.isDirty(k, c)) {
                    throw new AssertionError(what + ": chunk " + c + " of slot " + k + " may differ and is not dirty; seed "
                            + workload.rig.sim.seed());
                }
            }
        }
    }

    /**
     * After the workload: flips a bit in every byte of the blocks' headers and in every {@code stride}th of the rest, of
     * blank blocks in one. The log is lost and says so, or nothing is forgotten.
     */
    void rotEverywhere(int steps, int stride) {
        workload.run(steps);
        byte[] image = recording[0].durable;
        for (int at = 0; at < image.length; at += at % 4096 < HEADER ? 1 : stride) {
            rot(image, at);
            if (at % 4096 == 0 && isBlank(image, at)) {
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

    private void rot(byte[] image, int at) {
        byte[] rotten = image.clone();
        rotten[at] ^= (byte) (1 << random.nextInt(8));
        DiskIntentLog log = ImageDevice.open(rotten, workload.rig.config, faults);
        if (log.recovery().kind() == Kind.LOST) {
            assertThat(log.recovery().message()).contains("full resync");
        } else {
            check(log, "bit flipped at " + at);
        }
    }
}
