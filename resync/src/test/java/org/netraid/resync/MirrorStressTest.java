/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.mirror.IoReason;
import org.netraid.mirror.LegState;
import org.netraid.mirror.MirrorRig;
import org.netraid.mirror.TargetCopy;
import org.netraid.sim.CrashMode;
import org.netraid.sim.SimRandom;

/**
 * Everything at once, from a seed: overlapping writes, zeros, flushes; targets that fail, hang, lose power, are paused, removed from
 * sync and connected again; crashes of the source. Small pools and two hot extents make rare paths common. After every few steps each
 * differing chunk must be dirty, and in the end the copies must be equal.
 */
class MirrorStressTest {

    private static final long SIZE_BYTES = 20 * MirrorRig.MIB + 512;
    private static final int TARGETS = 3;

    private ResyncRig r;
    private SimRandom random;
    private List<MirrorRig.Io> open = new ArrayList<>();

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(longs = {0, 1, 2, 3, 4, 5, 6, 7})
    void shouldNeverLoseTrackOfADifference(long block) {
        for (long seed = block * 5; seed < block * 5 + 5; seed++) {
            runSeed(seed);
        }
    }

    private void runSeed(long seed) {
        MirrorRig rig = new MirrorRig(seed, SIZE_BYTES, TARGETS);
        rig.config = rig.config.withRequests(6, 100_000).withMemory(300_000, 1 << 20);
        rig.alSlots = 2;
        rig.timeoutNs = 50_000_000;
        r = new ResyncRig(rig);
        r.config = new ResyncConfig(4, 65536, 0, 0);
        r.startEqual();
        random = new SimRandom(seed);
        open = new ArrayList<>();
        for (int round = 0; round < 12; round++) {
            for (int i = 0; i < 25; i++) {
                step(seed);
                rig.scheduler.runFor(random.nextInt(3_000_000));
            }
            rest(seed);
            checkDifferencesAreDirty(seed);
        }
        heal(seed);
    }

    private void step(long seed) {
        int slot = random.nextInt(TARGETS);
        int draw = random.nextInt(1000);
        if (draw < 700) {
            long offset = random.nextInt(300) * 70_000L / 512 * 512;
            int length = 512 * (1 + random.nextInt(draw < 20 ? 2000 : 60));
            length = (int) Math.min(length, SIZE_BYTES - offset);
            int flags = random.chance(100) ? BlockRequest.FUA : 0;
            if (random.chance(100)) {
                open.add(r.rig.zero(random.nextBoolean() ? BlockCommand.TRIM : BlockCommand.WRITE_ZEROES, offset, length, flags));
            } else {
                open.add(r.rig.write(r.rig.mirror, offset, bytes(length), flags | (random.nextBoolean() ? BlockRequest.STABLE_PAYLOAD
                        : 0)));
            }
        } else if (draw < 780) {
            open.add(r.rig.flush());
        } else if (draw < 820) {
            r.rig.mirror.legLost(slot, "test");
        } else if (draw < 920) {
            r.rig.mirror.resumeLeg(slot);
            r.rig.mirror.connectLeg(slot, r.rig.targets.get(slot).attach(r.rig.loop), TargetCopy.foreign(!r.inconsistent[slot]));
        } else if (draw < 940) {
            r.rig.mirror.pauseLeg(slot);
        } else if (draw < 945) {
            r.rig.mirror.fullResync(slot);
        } else if (draw < 960) {
            r.rig.targets.get(slot).fault().once().hang();
        } else if (draw < 975) {
            r.rig.targets.get(slot).fault().once().fail(BlockError.EIO);
        } else if (draw < 980 && r.rig.targets.get(slot).inFlightCount() == 0) {
            // Not with commands under way: in a real cluster their connection would end them, the simulated disk forgets them.
            r.rig.targets.get(slot).crash(CrashMode.POWER_CUT);
            r.rig.mirror.legLost(slot, "power");
        } else if (draw < 990) {
            r.rig.mirror.suspend(IoReason.OPERATOR, "test",
                    (error, detail) -> assertThat(error).as("seed %d", seed).isEqualTo(BlockError.NONE));
            r.rig.scheduler.runFor(random.nextInt(5_000_000));
            r.rig.mirror.resume(IoReason.OPERATOR);
        } else if (draw < 993) {
            r.rig.crashSource(random.nextBoolean() ? CrashMode.POWER_CUT : CrashMode.PROCESS_KILL);
            open.clear();
            r.restartSource();
        }
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.fill(bytes);
        return bytes;
    }

    /** All that hung has been given up or goes on; every request has ended well. */
    private void rest(long seed) {
        r.rig.targets.forEach(target -> target.clearFaults());
        r.rig.run();
        assertThat(open).as("seed %d", seed).allMatch(MirrorRig.Io::isOk);
        open.clear();
    }

    private void checkDifferencesAreDirty(long seed) {
        for (int slot = 0; slot < TARGETS; slot++) {
            for (long chunk = 0; chunk * ResyncRig.CHUNK < SIZE_BYTES; chunk++) {
                long offset = chunk * ResyncRig.CHUNK;
                long length = Math.min(ResyncRig.CHUNK, SIZE_BYTES - offset);
                if (!r.rig.log.isDirty(slot, chunk)) {
                    assertThat(r.rig.localDisk.equalContent(r.rig.targets.get(slot), offset, length))
                            .as("seed %d: chunk %d of target %d, clean, is equal", seed, chunk, slot).isTrue();
                }
            }
        }
    }

    private void heal(long seed) {
        for (int slot = 0; slot < TARGETS; slot++) {
            r.rig.mirror.resumeLeg(slot);
            if (r.rig.mirror.legState(slot) == LegState.DISCONNECTED) {
                r.connect(slot);
            }
        }
        r.rig.run();
        r.assertInSyncAndEqual();
        assertThat(r.rig.mirror.snapshot().requestsInWork()).as("seed %d", seed).isZero();
        assertThat(r.rig.mirror.rangeLocks().size()).as("seed %d", seed).isZero();
    }
}
