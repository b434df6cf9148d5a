/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.IntentLog;
import org.netraid.mirror.LegState;
import org.netraid.mirror.LocalState;
import org.netraid.mirror.Mirror;
import org.netraid.mirror.MirrorState;
import org.netraid.mirror.ReplicationProtocol;
import org.netraid.sim.CrashMode;
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
    private static final long JUST_NS = 3_000_000;
    private static final long IMAGINE_EVERY_EVENTS = 400;

    private final long seed;
    private final SimScheduler scheduler;
    private final SimSettings settings;
    private final FaultPoints faultPoints;
    private final List<TargetNode> targets = new ArrayList<>();
    private final SourceNode source;
    private final SimClient client;
    private final History history;
    private final ProtocolMix mix;
    private final CopyChecker copies;
    private final OrderChecker order;
    private final DirtyChecker dirty;
    private final MissedChecker missed;
    private final FaultPlan faults;
    private final SimRandom imagination;
    private final Tally tally = new Tally();
    private long lastLossNs = -JUST_NS;
    /** The source's disk has failed a command since the source was started. */
    private boolean localErrors;
    private boolean localFlushLost;
    private CrashMode lastCrash = CrashMode.PROCESS_KILL;
    private int sourceCrashes;
    private int resyncs;
    /** An acknowledgement in this event asks for an imagined crash after it. */
    private boolean acknowledgedNow;

    /** What a run that found nothing did. */
    record Result(long seed, long traceHash, long events, long simulatedNs, int operations, int failedOperations, int faults,
            int sourceCrashes, int resyncs, int replays) {
        @Override
        public String toString() {
            return String.format("seed %d ok: trace %016x, %d events, %.1f simulated s, %d operations (%d failed), "
                    + "%d faults, %d source crashes, %d resyncs, %d replays", seed, traceHash, events, simulatedNs / 1e9, operations,
                    failedOperations, faults, sourceCrashes, resyncs, replays);
        }
    }

    ClusterSim(long seed, int operations, FaultPoints faultPoints) {
        this.seed = seed;
        this.faultPoints = faultPoints;
        scheduler = new SimScheduler(seed);
        settings = SimSettings.draw(scheduler.random("settings"));
        history = new History(settings.deviceBytes());
        imagination = scheduler.random("imagination");
        SimNetwork network = new SimNetwork(scheduler, settings.links());
        for (int slot = 0; slot < settings.targets(); slot++) {
            targets.add(new TargetNode(scheduler, network, slot, settings));
        }
        mix = new ProtocolMix(scheduler.random("protocols"), targets.size(),
                List.of("replay-out-of-order", "replay-what-was-sent", "drop-journal-record").stream().anyMatch(faultPoints::isArmed));
        source = new SourceNode(scheduler, network, settings, targets, faultPoints, mix, new Watch());
        client = new SimClient(scheduler, settings, history, operations, new Judgement());
        copies = new CopyChecker(source, history, client, mix);
        order = new OrderChecker(targets, settings.deviceBytes());
        missed = new MissedChecker(source, settings);
        dirty = new DirtyChecker(source, client, settings, missed);
        faults = new FaultPlan(scheduler, network, settings, source, mix, this);
    }

    SimScheduler scheduler() {
        return scheduler;
    }

    SimSettings settings() {
        return settings;
    }

    /** What has happened so far. */
    Tally tally() {
        return tally;
    }

    ProtocolMix mix() {
        return mix;
    }

    /** @throws SimViolation or whatever the engine threw */
    Result run() {
        for (TargetNode target : targets) {
            target.boot();
        }
        source.boot();
        faults.start();
        faults.startKills();
        while (!client.isFinished() && !source.isHopeless()) {
            step("the client never finishes");
        }
        faults.stopAndRepair();
        client.stop();
        if (converge("after the faults had stopped")) {
            copies.checkAllEqual(settings.deviceBytes());
            damageSilently();
            restartCleanly();
        } else {
            tally.count("engine: run ended where a target would have to take over");
        }
        for (TargetNode target : targets) {
            tally.count("fault: write torn by a power cut, target", target.disk.tornCount());
        }
        tally.count("fault: write torn by a power cut, source", source.disk.tornCount());
        tally.count("fault: write torn by a power cut, log", source.logDisk.tornCount());
        tally.count("engine: queue replayed", source.journal.replays());
        tally.count("engine: generation changed", source.generations.changes());
        tally.count("checker: acknowledged write that a target has missed", missed.writesMissed());
        return new Result(seed, scheduler.traceHash(), scheduler.steps(), scheduler.nanoTime(), client.started(), client.failed(),
                faults.faults(), sourceCrashes, resyncs, source.journal.replays());
    }

    private void step(String otherwise) {
        if (!scheduler.step() || scheduler.steps() > MAX_EVENTS) {
            throw new SimViolation("I14", otherwise + ": " + situation());
        }
        dirty.check();
        if (isLocalAttached()) {
            missed.check();
        }
        order.check();
        if (isLocalAttached() && !dirty.isSuspended() && (acknowledgedNow || scheduler.steps() % IMAGINE_EVERY_EVENTS == 0)) {
            CrashMode[] modes = CrashMode.values();
            tally.count("checker: imagined crash");
            dirty.imagineCrash(imagination.nextLong(), modes[imagination.nextInt(modes.length)], faultPoints);
        }
        acknowledgedNow = false;
    }

    private boolean isLocalAttached() {
        return source.mirror() != null && source.mirror().localState() == LocalState.ATTACHED;
    }

    // ---- liveness

    /** @return false if the local disk is given up and no target that stood in for it comes back */
    private boolean converge(String when) {
        long deadlineNs = scheduler.nanoTime() + CONVERGENCE_NS;
        String otherwise = "nothing happens any more " + when;
        while (!isConverged()) {
            if (source.isHopeless()) {
                return false;
            }
            reconnectAfterLocalErrors();
            faults.resumePaused();
            step(otherwise);
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
        // the flush waits for what is queued, and a target that is too slow for that is lost meanwhile
        return isConverged() || converge(when);
    }

    private boolean isConverged() {
        Mirror mirror = source.mirror();
        if (mirror == null || !client.running().isEmpty() || mirror.localState() != LocalState.ATTACHED) {
            return false;
        }
        if (mirror.state() == MirrorState.FAILED && !source.care.isNoted()) {
            return false; // the operator is on the way
        }
        for (TargetNode target : targets) {
            if (mirror.legState(target.slot) != LegState.IN_SYNC || source.log().dirtyChunks(target.slot) != 0 || target.inconsistent) {
                return false;
            }
        }
        return true;
    }

    /** A failed local write leaves its chunks dirty on targets that stay in sync; the next connection repairs them. */
    private void reconnectAfterLocalErrors() {
        Mirror mirror = source.mirror();
        if (!localErrors || mirror == null || mirror.localState() != LocalState.ATTACHED || !client.running().isEmpty()) {
            return;
        }
        for (TargetNode target : targets) {
            if (mirror.legState(target.slot) == LegState.IN_SYNC && source.log().dirtyChunks(target.slot) != 0) {
                mirror.legLost(target.slot, "reconnected to repair what a failed local write has left");
            }
        }
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

    /** Now and then, at the end: nothing but a verify can know of it. */
    private void damageSilently() {
        SimRandom random = scheduler.random("silent damage");
        if (!random.chance(150) || mix.isForReplays()) {
            return;
        }
        SilentDamage damage = new SilentDamage(source, settings, tally, random);
        dirty.suspend(true);
        order.suspend(true);
        damage.strike(source.mirror());
        while (damage.isWriting()) {
            step("a write to healthy copies never ends");
        }
        converge("after the last writes");
        damage.verify(source.verifies());
        TreeSet<Long> damaged = damage.differing();
        awaitVerify(damage);
        while (damage.wasCutOff()) {
            converge("after a target was lost during a verify");
            damage.forgetRepairedByResync(damaged);
            damage.look(source.verifies());
            awaitVerify(damage);
        }
        damage.judge(damaged);
        dirty.suspend(false);
        order.suspend(false);
        converge("after the repair of silent damage");
        copies.checkAllEqual(settings.deviceBytes());
    }

    private void awaitVerify(SilentDamage damage) {
        while (!damage.isOver()) {
            step("a verify never ends");
        }
    }

    /** I7: after an orderly stop and start nothing is dirty. */
    private void restartCleanly() {
        boolean[] stopped = new boolean[1];
        source.stop(() -> stopped[0] = true);
        while (!stopped[0]) {
            step("the source never stops");
        }
        boolean wentOnWithoutLog = source.logPolicy.isNoted();
        source.boot();
        while (source.log() == null) {
            step("the log never opens");
        }
        if (wentOnWithoutLog) {
            converge("after a restart with a new log");
            copies.checkAllEqual(settings.deviceBytes());
            return;
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
        source.crash(mode);
        client.sourceDied();
        copies.sourceCrashed(mode);
        if (mode != CrashMode.PROCESS_KILL) {
            order.sourceLostPower(source.disk);
        }
    }

    void stopSource(Runnable stopped) {
        Mirror closing = source.mirror();
        source.stop(() -> {
            boolean unrecorded = closing.localState() != LocalState.ATTACHED && !source.care.isNoted();
            if (localFlushLost || unrecorded) {
                // The last flush of all has failed: the node has recorded that, and the machine is started anew before the disk is used.
                // So it is where the disk was given up and the record of that has failed; with one the node is not started at all.
                source.disk.crash(CrashMode.POWER_CUT);
                copies.sourceCrashed(CrashMode.POWER_CUT);
                order.sourceLostPower(source.disk);
            }
            stopped.run();
        });
        client.sourceDied();
    }

    void changeProtocol(int slot, ReplicationProtocol protocol) {
        mix.set(slot, protocol);
        copies.protocolChanged(slot);
        if (source.mirror() != null) {
            source.mirror().setProtocol(slot, protocol);
        }
    }

    boolean isClientBusy() {
        return !client.running().isEmpty();
    }

    // ---- what the checkers hear

    private final class Judgement implements SimClient.Judge {
        @Override
        public void begun(SimClient.Operation operation) {
            operation.mixVersion = mix.version();
            order.begun(operation);
        }

        @Override
        public void ended(SimClient.Operation operation) {
            ClusterSim.this.ended(operation);
        }
    }

    private void ended(SimClient.Operation operation) {
        copies.ended(operation);
        order.ended(operation);
        missed.acknowledged(operation, source.mirror());
        tally.count("client: " + operation.command + (operation.error.isError() ? " refused" : ""));
        // most promises are broken right after they are made
        boolean justLost = scheduler.nanoTime() - lastLossNs < JUST_NS;
        acknowledgedNow = operation.command.modifies() && !operation.error.isError() && imagination.chance(justLost ? 600 : 30);
    }

    private final class Watch implements SourceNode.Watcher {
        @Override
        public void recovered(IntentLog log, boolean firstBoot) {
            localErrors = false;
            localFlushLost = false;
            if (!firstBoot) {
                dirty.recovered(log, "after " + lastCrash);
            }
        }

        @Override
        public void running(Mirror mirror) {
            client.attach(mirror, source.loop());
        }

        /** G4: from now on blocks of a resync land on the target. */
        @Override
        public void resyncStarted(int slot) {
            if (!targets.get(slot).inconsistent) {
                throw new SimViolation("G4", "resync of " + targets.get(slot).name + " starts, and it is not marked inconsistent");
            }
        }

        @Override
        public void markedInSync(int slot) {
            // a mark that arrives after the target was lost is true of the moment it was sent
            if (!localErrors && isLocalAttached() && source.mirror().legState(slot) == LegState.RESYNCING) {
                dirty.checkInSync(slot);
            }
        }

        @Override
        public void localError(String text) {
            localErrors = true;
            tally.count("engine: local error");
        }

        @Override
        public void localDiskLost(String text) {
            localFlushLost = true;
        }

        @Override
        public void localDetached(String why) {
            tally.count("engine: local disk detached");
        }

        @Override
        public void localAttached() {
            tally.count("engine: local disk attached");
        }

        @Override
        public void legPulledAhead(int slot, String why) {
            tally.count("engine: target left behind");
        }

        @Override
        public void legInSync(int slot) {
            resyncs++;
            tally.count("engine: target in sync");
            copies.legInSync(slot);
            order.inSync(slot);
            scheduler.record("in sync " + slot);
        }

        @Override
        public void legLost(int slot, String reason) {
            if (scheduler.isTracing()) {
                scheduler.note("leg lost " + slot + ": " + reason);
            }
            targets.get(slot).crashedUnnoticed = false;
            tally.count("engine: target lost");
            lastLossNs = scheduler.nanoTime();
        }

        @Override
        public void mirrorFailed(String text) {
            scheduler.record("mirror failed: " + text);
            tally.count("engine: mirror failed");
            faults.mirrorFailed();
        }
    }
}
