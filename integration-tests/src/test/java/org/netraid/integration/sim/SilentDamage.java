/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.TreeSet;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockRequest;
import org.netraid.mirror.Mirror;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimDiskFault;
import org.netraid.sim.SimRandom;
import org.netraid.verify.VerifyDifference;
import org.netraid.verify.VerifyListener;
import org.netraid.verify.VerifyManager;
import org.netraid.verify.VerifyPhase;
import org.netraid.verify.VerifyProgress;

/**
 * What a target's disk does without telling: a bit flips, a write is lost, a write lands elsewhere. No mirror can know of it; a verify must
 * find every such chunk, no other one, and repair it. Done in some runs, when everything else is over.
 */
final class SilentDamage {

    private static final int WRITES = 6;

    private final SourceNode source;
    private final SimSettings settings;
    private final Tally tally;
    private final SimRandom random;
    private final TargetNode target;
    private final TreeSet<Long> found = new TreeSet<>();
    private VerifyProgress result;
    private int looks;
    private long repaired;
    private int writing;

    SilentDamage(SourceNode source, SimSettings settings, Tally tally, SimRandom random) {
        this.source = source;
        this.settings = settings;
        this.tally = tally;
        this.random = random;
        this.target = source.targets().get(random.nextInt(settings.targets()));
    }

    /** Writes go on, and the disk carries some of them out wrongly. */
    void strike(Mirror mirror) {
        boolean lost = random.nextBoolean();
        SimDiskFault fault = target.disk.fault().on(BlockCommand.WRITE).afterPassing(random.nextInt(WRITES / 2)).times(2);
        if (lost) {
            fault.lose();
        } else {
            fault.misdirect(random.between(1, 64) * Stamp.SECTOR);
        }
        tally.count("fault: target disk " + (lost ? "loses a write silently" : "puts a write elsewhere silently"));
        for (int i = 0; i < WRITES; i++) {
            byte[] data = new byte[Stamp.SECTOR << random.nextInt(4)];
            for (int at = 0; at < data.length; at++) {
                data[at] = (byte) random.nextInt(256);
            }
            long offset = random.nextLong((settings.deviceBytes() - data.length) / Stamp.SECTOR + 1) * Stamp.SECTOR;
            writing++;
            mirror.submit(new BlockRequest().write(offset, ByteBuffer.wrap(data), 0, done -> {
                if (done.error().isError()) {
                    throw new SimViolation("I14", "a write to healthy copies failed: " + done.error() + " " + done.errorDetail());
                }
                writing--;
            }));
        }
    }

    boolean isWriting() {
        return writing > 0;
    }

    /** Then a few bits flip; what differs now must be found. */
    void verify(VerifyManager verifies) {
        target.disk.clearFaults();
        for (int bits = random.nextInt(4); bits > 0; bits--) {
            target.disk.rot(random.nextLong(settings.deviceBytes()), random.nextInt(8));
            tally.count("fault: bit rot on a target");
        }
        look(verifies);
    }

    /** A target whose loss before was noticed only now: it comes back, and what it has is compared once more. */
    boolean wasCutOff() {
        return result.phase() == VerifyPhase.STOPPED;
    }

    /** A resync has sent what was dirty, damaged or not: the next look cannot find that any more. */
    void forgetRepairedByResync(TreeSet<Long> damaged) {
        TreeSet<Long> left = differing();
        left.addAll(found);
        damaged.retainAll(left);
    }

    void look(VerifyManager verifies) {
        looks++;
        result = null;
        Optional<String> refused = verifies.start(target.slot, true, new VerifyListener() {
            @Override
            public void onDifference(VerifyDifference difference) {
                found.add(difference.offsetBytes() / settings.chunkBytes());
            }

            @Override
            public void onEnded(VerifyProgress ended) {
                result = ended;
                repaired += ended.chunksRepaired();
            }
        });
        if (refused.isPresent()) {
            throw new SimViolation("verify", "refused for a target in sync: " + refused.get());
        }
    }

    TreeSet<Long> differing() {
        TreeSet<Long> chunks = new TreeSet<>();
        SimDisk own = source.disk;
        for (long chunk = 0; chunk < settings.chunkCount(); chunk++) {
            long at = chunk * settings.chunkBytes();
            if (!own.equalContent(target.disk, at, Math.min(settings.chunkBytes(), settings.deviceBytes() - at))) {
                chunks.add(chunk);
            }
        }
        return chunks;
    }

    boolean isOver() {
        return result != null;
    }

    void judge(TreeSet<Long> damaged) {
        if (result.phase() != VerifyPhase.DONE || !found.equals(damaged) || looks == 1 && repaired != damaged.size()
                || !differing().isEmpty()) {
            throw new SimViolation("verify", target.name + " was damaged silently in chunks " + damaged + ", verify found " + found
                    + " and repaired " + repaired + ", " + differing() + " differ now: " + result);
        }
        tally.count("checker: silent damage found by verify");
    }
}
