/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import java.util.Optional;

import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.intentlog.IntentWaiter;
import org.netraid.mirror.LocalErrorPolicy;
import org.netraid.mirror.LocalMarker;
import org.netraid.mirror.LocalState;
import org.netraid.mirror.Mirror;
import org.netraid.mirror.MirrorListener;
import org.netraid.mirror.MirrorState;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimRandom;
import org.netraid.sim.SimScheduler;

/** What becomes of the source's disk when it fails, by a policy drawn from the seed: the durable note of it, and who repairs it. */
final class LocalCare implements LocalMarker {

    private static final long NOTE_NS = 2_000_000L;
    private static final long REPAIR_NS = 60_000_000L;
    /** Longer than any outage: who has no copy by then gets none. */
    private static final long HOPELESS_NS = 3_000_000_000L;

    private final SimScheduler scheduler;
    private final SimDisk disk;
    private final SimRandom random;
    private final LocalErrorPolicy policy;
    private Mirror mirror;
    private SimLoop life;
    private boolean noted;
    private long withoutCopyNs = -1;

    LocalCare(SimScheduler scheduler, SimDisk disk) {
        this.scheduler = scheduler;
        this.disk = disk;
        random = scheduler.random("local.care");
        policy = random.chance(500) ? LocalErrorPolicy.DETACH : random.chance(200) ? LocalErrorPolicy.STOP : LocalErrorPolicy.PASS_ON;
    }

    void use(Mirror newMirror, SimLoop newLife) {
        mirror = newMirror;
        life = newLife;
        mirror.onLocalError(policy, this);
        mirror.addListener(new MirrorListener() {
            @Override
            public void localDetached(String why) {
                scheduler.record("local disk detached");
                attachLater();
            }
        });
    }

    LocalErrorPolicy policy() {
        return policy;
    }

    /** Durable: the disk misses writes. A source does not start from it. */
    boolean isNoted() {
        return noted;
    }

    /** True if the only copies are on targets and none comes back, or the mirror has failed: one of them would have to take over. */
    boolean isHopeless(Mirror running) {
        if (running == null || running.localState() == LocalState.ATTACHED || running.state() != MirrorState.FAILED && running.hasCopy()) {
            withoutCopyNs = -1;
            return false;
        }
        if (noted && running.state() == MirrorState.FAILED) {
            return true;
        }
        withoutCopyNs = withoutCopyNs < 0 ? scheduler.nanoTime() : withoutCopyNs;
        return scheduler.nanoTime() - withoutCopyNs > HOPELESS_NS;
    }

    @Override
    public void markFailed(String why, IntentWaiter done) {
        life.schedule(random.nextLong(NOTE_NS), () -> {
            noted = !random.chance(30);
            scheduler.record("local disk noted as failed: " + noted);
            done.onIntent(noted ? BlockError.NONE : BlockError.EIO);
        });
    }

    @Override
    public void markWhole(IntentWaiter done) {
        life.schedule(random.nextLong(NOTE_NS), () -> {
            noted = random.chance(50);
            scheduler.record("local disk noted as whole: " + !noted);
            done.onIntent(noted ? BlockError.EIO : BlockError.NONE);
        });
    }

    private void attachLater() {
        Mirror detached = mirror;
        SimLoop itsLife = life;
        itsLife.schedule(random.nextLong(REPAIR_NS), () -> {
            if (detached != mirror || !itsLife.isAlive() || detached.localState() != LocalState.DETACHED
                    || detached.state() == MirrorState.FAILED) {
                return;
            }
            disk.clearFaults();
            Optional<String> refused = detached.releaseLocal(() -> attach(detached, itsLife));
            if (refused.isPresent()) {
                attachLater();
            }
        });
    }

    private void attach(Mirror detached, SimLoop itsLife) {
        BlockDevice device = disk.attach(itsLife);
        Optional<String> refused = detached.attachLocal(device, (error, detail) -> {
            scheduler.record("attach ended: " + error);
            if (error.isError()) {
                attachLater();
            }
        });
        scheduler.record("attach" + (refused.isPresent() ? " refused" : ""));
        if (refused.isPresent()) {
            device.close(this::attachLater);
        }
    }
}
