/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import java.util.ArrayList;
import java.util.List;

import org.netraid.block.BlockCommand;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.IntentLog;
import org.netraid.mirror.LegState;
import org.netraid.mirror.Mirror;
import org.netraid.sim.CrashMode;
import org.netraid.sim.DiskObserver;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimNetwork;
import org.netraid.sim.SimRandom;
import org.netraid.sim.SimScheduler;

/**
 * One run: safety while faults strike, then liveness when they have stopped (I14), then equality (G8), then a clean stop and start (I7).
 */
final class ClusterSim {

    private static final long MAX_EVENTS = 20_000_000;
    /** Simulated time in which everything must be in sync once the faults have stopped. */
    private static final long CONVERGENCE_NS = 60_000_000_000L;
    private static final long IMAGINE_EVERY_EVENTS = 400;

    private final long seed;
    private final SimScheduler scheduler;
    private final SimSettings settings;
    private final FaultPoints faultPoints;
    private final List<TargetNode> targets = new ArrayList<>();
    private final SourceNode source;
    private final SimClient client;
    private final History history = new History();
    private final CopyChecker copies;
    private final DirtyChecker dirty;
    private final FaultPlan faults;
    private final SimRandom imagination;
    private CrashMode lastCrash = CrashMode.PROCESS_KILL;
    private int sourceCrashes;
    private int resyncs;
    private String mirrorFailure = "";

    /** What a run that found nothing did. */
    record Result(long seed, long traceHash, long events, long simulatedNs, int operations, int failedOperations, int faults,
            int sourceCrashes, int resyncs) {
        @Override
        public String toString() {
            return String.format("seed %d ok: trace %016x, %d events, %.1f simulated s, %d operations (%d failed), %d faults, %d source crashes, "
                    + "%d resyncs", seed, traceHash, events, simulatedNs / 1e9, operations, failedOperations, faults, sourceCrashes, resyncs);
        }
    }

    ClusterSim(long seed, int operations, FaultPoints faultPoints) {
        this.seed = seed;
        this.faultPoints = faultPoints;
        scheduler = new SimScheduler(seed);
        settings = SimSettings.draw(scheduler.random("settings"));
        imagination = scheduler.random("imagination");
        SimNetwork network = new SimNetwork(scheduler);
        for (int slot = 0; slot < settings.targets(); slot++) {
            targets.add(new TargetNode(scheduler, network, slot, settings));
        }
        source = new SourceNode(scheduler, network, settings, targets, faultPoints, new Watch());
        client = new SimClient(scheduler, settings, history, operations, this::ended);
        copies = new CopyChecker(source, history, client);
        dirty = new DirtyChecker(source, client, settings);
        faults = new FaultPlan(scheduler, network, settings, source, this);
        for (TargetNode target : targets) {
            target.disk.observe(new MarkChecker(target));
        }
    }

    SimScheduler scheduler() {
        return scheduler;
    }

    SimSettings settings() {
        return settings;
    }

    /** @throws SimViolation or whatever the engine threw */
    Result run() {
        for (TargetNode target : targets) {
            target.boot();
        }
        source.boot();
        faults.start();
        while (!client.isFinished()) {
            step("the client never finishes");
        }
        faults.stopAndRepair();
        client.stop();
        converge("after the faults had stopped");
        copies.checkAllEqual(settings.deviceBytes());
        restartCleanly();
        return new Result(seed, scheduler.traceHash(), scheduler.steps(), scheduler.nanoTime(), client.started(), client.failed(),
                faults.faults(), sourceCrashes, resyncs);
    }

    private void step(String otherwise) {
        if (!scheduler.step() || scheduler.steps() > MAX_EVENTS) {
            throw new SimViolation("I14", otherwise + ": " + situation());
        }
        dirty.check();
        if (source.mirror() != null && scheduler.steps() % IMAGINE_EVERY_EVENTS == 0) {
            CrashMode[] modes = CrashMode.values();
            dirty.imagineCrash(imagination.nextLong(), modes[imagination.nextInt(modes.length)], faultPoints);
        }
    }

    // ---- liveness

    private void converge(String when) {
        long deadlineNs = scheduler.nanoTime() + CONVERGENCE_NS;
        while (!isConverged()) {
            if (!mirrorFailure.isEmpty()) {
                throw new SimViolation("I14", "the mirror has failed " + when + ": " + mirrorFailure);
            }
            step("nothing happens any more " + when);
            if (scheduler.nanoTime() > deadlineNs) {
                throw new SimViolation("I14", "not in sync within " + CONVERGENCE_NS / 1_000_000_000 + " simulated s " + when + ": "
                        + situation());
            }
        }
        boolean[] flushed = new boolean[1];
        source.mirror().flushAll((error, detail) -> {
            if (error.isError()) {
                throw new SimViolation("I14", "flush of healthy copies failed " + when + ": " + error + " " + detail);
            }
            flushed[0] = true;
        });
        while (!flushed[0]) {
            step("the last flush never ends");
        }
    }

    private boolean isConverged() {
        Mirror mirror = source.mirror();
        if (mirror == null || !client.running().isEmpty()) {
            return false;
        }
        for (TargetNode target : targets) {
            if (mirror.legState(target.slot) != LegState.IN_SYNC || source.log().dirtyChunks(target.slot) != 0 || target.inconsistent) {
                return false;
            }
        }
        return true;
    }

    private String situation() {
        StringBuilder text = new StringBuilder();
        text.append("source ").append(source.isUp() ? "up" : "down").append(source.mirror() == null ? ", no mirror" : "");
        if (source.mirror() != null) {
            text.append(' ').append(source.mirror().snapshot());
        }
        for (TargetNode target : targets) {
            text.append("; ").append(target.name).append(target.isUp() ? " up" : " down").append(target.isNbd() ? " nbd" : " direct")
                    .append(target.inconsistent ? " inconsistent" : "").append(", ").append(target.disk.hungCount()).append(" hung");
        }
        return text.append("; client runs ").append(client.running()).toString();
    }

    /** I7: after an orderly stop and start nothing is dirty. */
    private void restartCleanly() {
        boolean[] stopped = new boolean[1];
        source.stop(() -> stopped[0] = true);
        while (!stopped[0]) {
            step("the source never stops");
        }
        source.boot();
        while (source.log() == null) {
            step("the log never opens");
        }
        IntentLog.Recovery recovery = source.log().recovery();
        if (recovery.kind() != IntentLog.Recovery.Kind.CLEAN) {
            throw new SimViolation("I7", "after an orderly stop the log says " + recovery);
        }
        for (TargetNode target : targets) {
            if (source.log().dirtyChunks(target.slot) != 0) {
                throw new SimViolation("I7", source.log().dirtyChunks(target.slot) + " chunks of " + target.name
                        + " are dirty after an orderly stop of a mirror in sync");
            }
        }
        converge("after a clean restart");
        copies.checkAllEqual(settings.deviceBytes());
    }

    // ---- what the fault plan asks for

    void crashSource(CrashMode mode) {
        sourceCrashes++;
        lastCrash = mode;
        mirrorFailure = "";
        source.crash(mode);
        client.sourceDied();
        copies.sourceCrashed(mode);
    }

    void stopSource(Runnable stopped) {
        source.stop(stopped);
        client.sourceDied();
    }

    boolean isClientBusy() {
        return !client.running().isEmpty();
    }

    // ---- what the checkers hear

    private void ended(SimClient.Operation operation) {
        copies.ended(operation);
        dirty.acknowledged(operation, source.mirror());
    }

    private final class Watch implements SourceNode.Watcher {
        @Override
        public void recovered(IntentLog log, boolean firstBoot) {
            if (!firstBoot) {
                dirty.recovered(log, "after " + lastCrash);
            }
        }

        @Override
        public void running(Mirror mirror) {
            client.attach(mirror, source.loop());
        }

        @Override
        public void legInSync(int slot) {
            resyncs++;
            scheduler.record("in sync " + slot);
        }

        @Override
        public void legLost(int slot, String reason) {
            if (scheduler.isTracing()) {
                scheduler.record("leg lost " + slot + ": " + reason);
            }
            targets.get(slot).crashedUnnoticed = false;
        }

        @Override
        public void mirrorFailed(String text) {
            scheduler.record("mirror failed: " + text);
            mirrorFailure = text;
        }
    }

    /** G4: nothing of a resync lands on a target that does not durably know that it is inconsistent. */
    private final class MarkChecker implements DiskObserver {
        private final TargetNode target;

        MarkChecker(TargetNode target) {
            this.target = target;
        }

        @Override
        public void beforeApply(SimDisk disk, BlockCommand command, long offset, long length) {
            Mirror mirror = source.mirror();
            if (mirror == null || target.inconsistent) {
                return;
            }
            LegState state = mirror.legState(target.slot);
            if ((state == LegState.CONNECTED || state == LegState.RESYNCING) && source.log().dirtyChunks(target.slot) > 0) {
                throw new SimViolation("G4", command + " of " + length + " bytes at " + offset + " lands on " + target.name
                        + ", which is " + state + " and not marked inconsistent");
            }
        }
    }
}
