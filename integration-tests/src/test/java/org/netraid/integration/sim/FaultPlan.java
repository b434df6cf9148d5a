/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.mirror.IoReason;
import org.netraid.mirror.LegState;
import org.netraid.mirror.LocalErrorPolicy;
import org.netraid.mirror.LocalState;
import org.netraid.mirror.Mirror;
import org.netraid.mirror.MirrorState;
import org.netraid.sim.CrashMode;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimDiskFault;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimNetwork;
import org.netraid.sim.SimRandom;
import org.netraid.sim.SimScheduler;

/** Breaks things at random moments and, so that the run goes on, repairs each a while later. */
final class FaultPlan {

    private static final long SHORT_NS = 2_000_000L;
    private static final long LONG_NS = 500_000_000L;

    private final SimScheduler scheduler;
    private final SimNetwork network;
    private final SimSettings settings;
    private final SourceNode source;
    private final ProtocolMix mix;
    private final ClusterSim cluster;
    private final SimRandom random;
    private final SimRandom protocols;
    private final SimRandom kills;
    private final SimRandom more;
    private final FaultWeights weights;
    private int killsLeft;
    private boolean stopped;
    private boolean rotten;
    private int faults;

    FaultPlan(SimScheduler scheduler, SimNetwork network, SimSettings settings, SourceNode source, ProtocolMix mix,
            ClusterSim cluster) {
        this.scheduler = scheduler;
        this.network = network;
        this.settings = settings;
        this.source = source;
        this.cluster = cluster;
        this.mix = mix;
        this.random = scheduler.random("faults");
        this.protocols = scheduler.random("protocol changes");
        this.kills = scheduler.random("kills with a backlog");
        this.more = scheduler.random("more faults");
        this.weights = new FaultWeights(scheduler.random("fault weights"));
        this.killsLeft = mix.isForReplays() ? 25 : kills.nextInt(12);
    }

    void start() {
        scheduler.after(random.nextLong(2 * settings.faultEveryNs()) * (source.journal.isCalm() ? 50 : 1), "fault", () -> {
            if (!stopped) {
                strike();
                changeProtocol();
                source.journal.strike();
                start();
            }
        });
    }

    /** Kills the source, a few times in a run, when it has queued something that its next life can replay. */
    void startKills() {
        scheduler.after(kills.between(20_000, 500_000), "kill", () -> {
            if (stopped || killsLeft == 0) {
                return;
            }
            if (source.isUp() && !source.care.isNoted() && source.journal.hasBacklog() && kills.chance(mix.isForReplays() ? 40 : 100)) {
                killsLeft--;
                crashSource(CrashMode.PROCESS_KILL);
            }
            startKills();
        });
    }

    int faults() {
        return faults;
    }

    /** No fault strikes any more, and all that is broken is repaired now. */
    void stopAndRepair() {
        stopped = true;
        network.healAll();
        source.disk.clearFaults();
        source.logDisk.clearFaults();
        for (TargetNode target : source.targets()) {
            target.disk.clearFaults();
            if (!target.isUp()) {
                target.boot();
            }
            target.loop().resume();
            target.releaseReplies();
            target.healed();
        }
        if (!source.isUp() && !source.isHopeless()) {
            source.boot();
        }
        if (source.isUp()) {
            source.loop().resume();
        }
        Mirror mirror = source.mirror();
        if (mirror != null) {
            resumeAll(mirror);
            source.reconnectAll();
        }
    }

    /** A pause may still have been waiting for its flush when the faults stopped. */
    void resumePaused() {
        if (source.mirror() != null) {
            resumeAll(source.mirror());
        }
    }

    private void resumeAll(Mirror mirror) {
        for (TargetNode target : source.targets()) {
            if (mirror.legState(target.slot) == LegState.PAUSED) {
                mirror.resumeLeg(target.slot);
                source.reconnectAll();
            }
        }
    }

    private long outageNs() {
        return outage(random);
    }

    private static long outage(SimRandom random) {
        return random.nextLong(random.nextBoolean() ? SHORT_NS : random.chance(200) ? LONG_NS : 10 * SHORT_NS);
    }

    private void strike() {
        if (source.mirror() != null && source.mirror().localState() != LocalState.ATTACHED && !random.chance(100)) {
            return; // else the last copy is nearly always gone before the disk is whole again
        }
        faults++;
        TargetNode target = source.targets().get(random.nextInt(settings.targets()));
        if (source.care.policy() == LocalErrorPolicy.DETACH && source.mirror() != null && random.chance(100)) {
            breakSourceDisk();
            return;
        }
        switch (weights.draw(random)) {
            case DISCONNECT -> disconnect(target);
            case CRASH_TARGET -> crashTarget(target, random.nextBoolean() ? CrashMode.POWER_CUT : CrashMode.PROCESS_KILL);
            case CUT_OFF -> cutOff(target);
            case HOLD_REPLIES -> holdReplies(target);
            case TARGET_DISK -> breakDisk(target);
            case CRASH_SOURCE -> crashSource();
            case SOURCE_DISK -> breakSourceDisk();
            case STOP_SOURCE -> stopSource();
            case PAUSE -> pause(target);
            case FULL_RESYNC -> fullResync(target);
            case SUSPEND -> suspend();
            case CRASH_BOTH -> {
                crashTarget(target, CrashMode.POWER_CUT);
                crashSource();
            }
            case FREEZE -> freeze(random.nextBoolean() ? source.loop() : target.loop());
        }
    }

    private void disconnect(TargetNode target) {
        if (target.isNbd() && random.nextBoolean()) {
            boolean request = random.nextBoolean();
            note("reset in the middle of a message", "next connection to " + target.name + " will be reset");
            network.resetNextAfter(request ? SourceNode.NAME : target.name, request ? target.name : SourceNode.NAME,
                    random.nextLong(1L << random.nextInt(18)));
        }
        if (target.isNbd() && more.chance(300)) {
            boolean here = more.nextBoolean();
            note("half-open connection", (here ? SourceNode.NAME : target.name) + " loses its end of the connection to the other");
            network.halfOpenAll(SourceNode.NAME, target.name, here ? SourceNode.NAME : target.name);
            if (here) {
                // a target notices by a keepalive, or because a newer connection of its source takes the place
                scheduler.after(outage(more), "repair", target::disconnect);
            }
            return;
        }
        note("disconnect", "disconnect " + target.name);
        target.disconnect();
    }

    /** The replies to one kind of command stay where they are, all others come. */
    private void holdReplies(TargetNode target) {
        if (target.isNbd() || target.heldReplies != null) {
            return;
        }
        BlockCommand[] commands = {BlockCommand.WRITE, BlockCommand.FLUSH, BlockCommand.READ, BlockCommand.WRITE_ZEROES};
        target.heldReplies = commands[random.nextInt(commands.length)];
        note("replies held, " + target.heldReplies, target.name + " holds replies to " + target.heldReplies);
        scheduler.after(outageNs(), "repair", target::releaseReplies);
    }

    private void changeProtocol() {
        if (mix.changes() && protocols.chance(150)) {
            int slot = protocols.nextInt(settings.targets());
            cluster.changeProtocol(slot, ProtocolMix.draw(protocols));
            note("protocol changed", "target" + slot + " gets protocol " + mix.of(slot));
        }
    }

    /** @param kind what kind of thing happens, for the tally */
    private void note(String kind, String what) {
        cluster.tally().count("fault: " + kind);
        scheduler.record("FAULT " + what);
    }

    private void crashTarget(TargetNode target, CrashMode mode) {
        if (!target.isUp()) {
            return;
        }
        boolean told = random.nextBoolean();
        note(mode + " of a target" + (told ? "" : ", untold"), mode + " of " + target.name + (told ? "" : ", untold"));
        target.crash(mode, told);
        scheduler.after(outageNs(), "repair", () -> {
            if (!target.isUp()) {
                note("target booted", "boot " + target.name);
                target.boot();
            }
        });
    }

    /** As SIGSTOP and SIGCONT: every timer that comes due meanwhile fires at the end. */
    private void freeze(SimLoop loop) {
        if (loop == null || loop.isPaused()) {
            return;
        }
        note("freeze of " + (loop == source.loop() ? "the source" : "a target"), "freeze " + loop.name());
        loop.pause();
        scheduler.after(outageNs(), "repair", () -> {
            note("thaw", "thaw " + loop.name());
            loop.resume();
        });
    }

    private void cutOff(TargetNode target) {
        boolean oneWay = random.chance(300);
        note("partition" + (oneWay ? ", one way" : ""), "cut off " + target.name + (oneWay ? " one way" : ""));
        if (oneWay && random.nextBoolean()) {
            network.cut(SourceNode.NAME, target.name);
        } else if (oneWay) {
            network.cut(target.name, SourceNode.NAME);
        } else {
            network.cutBoth(SourceNode.NAME, target.name);
        }
        scheduler.after(outageNs(), "repair", () -> {
            network.heal(SourceNode.NAME, target.name);
            target.healed();
        });
    }

    private void breakDisk(TargetNode target) {
        SimDiskFault fault = target.disk.fault();
        BlockCommand command = switch (random.nextInt(4)) {
            case 0 -> BlockCommand.READ;
            case 1 -> BlockCommand.FLUSH;
            default -> BlockCommand.WRITE;
        };
        fault.on(command).times(1 + random.nextInt(3)).afterPassing(random.nextInt(5));
        int kind = random.nextInt(4);
        boolean forEver = kind > 1 && more.chance(300);
        String what = command + (kind == 0 ? " hangs" : kind == 1 ? " is slow" : " fails") + (forEver ? " for ever" : "");
        note("target disk " + what, "disk of " + target.name + ": " + what);
        if (kind == 0) {
            fault.hang();
            scheduler.after(outageNs(), "repair", () -> {
                fault.clear();
                target.disk.releaseHung();
            });
        } else if (kind == 1) {
            fault.slow(1000);
        } else {
            fault.fail(random.nextBoolean() ? BlockError.EIO : BlockError.ENOSPC);
        }
        lasts(fault, forEver);
    }

    private void breakSourceDisk() {
        if (source.mirror() == null) {
            return;
        }
        boolean logDisk = random.chance(300);
        SimDisk disk = logDisk ? source.logDisk : source.disk;
        SimDiskFault fault = disk.fault().once().afterPassing(random.nextInt(5));
        BlockCommand command = random.nextBoolean() ? BlockCommand.WRITE : random.nextBoolean() ? BlockCommand.FLUSH : BlockCommand.READ;
        fault.on(command);
        int kind = random.nextInt(4);
        boolean forEver = kind > 1 && more.chance(200);
        String what = command + (kind == 0 ? " hangs" : kind == 1 ? " is slow" : " fails") + (forEver ? " for ever" : "");
        note(disk.name() + " " + what, disk.name() + ": " + what);
        if (kind == 0) {
            fault.hang();
            scheduler.after(outageNs(), "repair", () -> {
                fault.clear();
                disk.releaseHung();
            });
        } else if (kind == 1) {
            fault.slow(200);
        } else {
            fault.fail(logDisk && faults % 2 == 0 ? BlockError.ENOSPC : BlockError.EIO);
        }
        lasts(fault, forEver);
    }

    /** An error that does not go away by itself, until somebody mends it. */
    private void lasts(SimDiskFault fault, boolean forEver) {
        if (forEver) {
            fault.times(Integer.MAX_VALUE);
            scheduler.after(outage(more), "repair", fault::clear);
        }
    }

    /** What an operator does with a mirror that has failed: look to the disk, start the machine again. */
    void mirrorFailed() {
        scheduler.after(random.nextLong(SHORT_NS), "operator", () -> {
            if (source.isUp() && !source.care.isNoted()) {
                crashSource(CrashMode.POWER_CUT);
            }
        });
    }

    /** Not while its disk is known to miss writes: then another node would have to take over, and here there is none. */
    private void crashSource() {
        if (!source.isUp() || source.care.isNoted()) {
            return;
        }
        CrashMode mode = random.chance(600) ? CrashMode.POWER_CUT : random.nextBoolean() ? CrashMode.PROCESS_KILL
                : CrashMode.POWER_CUT_ALL_LOST;
        crashSource(mode);
    }

    private void crashSource(CrashMode wanted) {
        // the page cache still shows what a failed flush has lost: only a restart of the machine after it is safe
        boolean failed = source.mirror() != null && (source.mirror().state() == MirrorState.FAILED
                || source.mirror().localState() == LocalState.DETACHED && !source.care.isNoted());
        CrashMode mode = failed ? CrashMode.POWER_CUT : wanted;
        note(mode + " of the source", mode + " of the source");
        cluster.crashSource(mode);
        if (!rotten && more.chance(100)) {
            rotten = true; // once in a run: each block has a second place, and no third one
            long at = more.nextLong(source.logDisk.geometry().sizeBytes());
            note("bit rot in the log of a dead source", "bit of byte " + at + " of the log flips");
            source.logDisk.rot(at, more.nextInt(8));
        }
        source.disk.clearFaults();
        source.logDisk.clearFaults();
        scheduler.after(outageNs(), "repair", this::bootSource);
    }

    private void bootSource() {
        if (source.isUp() || source.isHopeless()) {
            return;
        }
        note("source booted", "boot source");
        source.disk.clearFaults();
        source.logDisk.clearFaults();
        source.boot();
        if (random.chance(300)) {
            // a second crash while the first is being recovered from
            scheduler.after(random.nextLong(3 * SHORT_NS), "fault", () -> {
                if (!stopped) {
                    crashSource();
                }
            });
        }
    }

    private void stopSource() {
        Mirror mirror = source.mirror();
        // a node whose disk has failed a flush records that, and does not start on what its page cache still shows
        boolean failed = mirror != null && mirror.state() == MirrorState.FAILED;
        if (mirror == null || failed || cluster.isClientBusy() || source.care.isNoted()) {
            return;
        }
        note("source stopped in order", "stop source in order");
        cluster.stopSource(() -> scheduler.after(outageNs(), "repair", this::bootSource));
    }

    private void pause(TargetNode target) {
        Mirror mirror = source.mirror();
        if (mirror == null) {
            return;
        }
        note("target paused", "pause " + target.name);
        mirror.pauseLeg(target.slot);
        scheduler.after(outageNs(), "repair", () -> {
            if (source.mirror() == mirror && mirror.legState(target.slot) == LegState.PAUSED) {
                note("target resumed", "resume " + target.name);
                mirror.resumeLeg(target.slot);
                source.reconnectAll();
            }
        });
    }

    private void fullResync(TargetNode target) {
        if (source.mirror() != null) {
            note("full resync", "full resync of " + target.name);
            source.mirror().fullResync(target.slot);
        }
    }

    private void suspend() {
        Mirror mirror = source.mirror();
        if (mirror == null) {
            return;
        }
        note("io suspended", "suspend");
        mirror.suspend(IoReason.OPERATOR, "test", (error, detail) -> { });
        scheduler.after(random.nextLong(10 * SHORT_NS), "repair", () -> {
            if (source.mirror() == mirror) {
                mirror.resume(IoReason.OPERATOR);
            }
        });
    }
}
