/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import org.netraid.block.BlockError;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.IntentWaiter;
import org.netraid.mirror.LegState;
import org.netraid.mirror.Mirror;
import org.netraid.mirror.MirrorListener;
import org.netraid.replicator.decide.SourceRecords;
import org.netraid.replicator.node.GuardedLogs;
import org.netraid.replicator.state.Generations;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.PeerRecord;
import org.netraid.resync.TargetMarker;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimRandom;
import org.netraid.sim.SimScheduler;

/**
 * The source's generation: its durable record, outliving the node, and who is told of a change and when, as the node does it. What is
 * recorded ({@link SourceRecords}) and when a write waits for it (the guarded log) is the product's own code.
 */
final class SourceGenerations implements TargetMarker, MirrorListener {

    private static final long RECORD_NS = 500_000L;

    /** The peer channel: messages of one target arrive in order, or are answered by nobody. */
    interface Channel {
        /** @param done "" if the target has carried it out and the answer has come */
        void tell(int slot, Runnable atTarget, Done done);
    }

    private final SimRandom random;
    private final List<TargetNode> targets;
    private final Channel channel;
    private final IntConsumer marked;
    private final LongSupplier newId;
    private final long[] stops;
    private MirrorRecord record;
    private SimLoop life;
    private Mirror mirror;
    private int changes;

    /** @param marked told when a target is about to take note that it is in sync */
    SourceGenerations(SimScheduler scheduler, List<TargetNode> targets, boolean equalAtStart, Channel channel,
            IntConsumer marked) {
        this.random = scheduler.random("generations");
        this.targets = targets;
        this.channel = channel;
        this.marked = marked;
        this.stops = new long[targets.size()];
        long[] last = {1};
        newId = () -> ++last[0];
        MirrorRecord.Builder first = MirrorRecord.NEW.with().generations(Generations.NONE.successor(last[0]));
        for (TargetNode target : targets) {
            first.peer(PeerRecord.unknown(target.name).withInconsistent(!equalAtStart));
            target.generation = equalAtStart ? last[0] : 0;
        }
        record = first.build();
    }

    /** The log that this life's mirror gets. */
    IntentLog guard(IntentLog log, SimLoop loop, FaultPoints faults) {
        life = loop;
        return GuardedLogs.guard(log, loop, this::isNeeded, () -> mirror.isBusy(), this::change, faults);
    }

    void use(Mirror newMirror) {
        mirror = newMirror;
        mirror.addListener(this);
    }

    /** True if the target could take over: nothing that it knows of speaks against it. */
    boolean passesForWhole(TargetNode target) {
        return !target.inconsistent && target.generation == record.generations().current();
    }

    /** Changes of the generation, over all lives. */
    int changes() {
        return changes;
    }

    private PeerRecord known(TargetNode target) {
        return record.peer(target.name);
    }

    /** Record changes are durable at once; whoever waits hears of it a little later. */
    private void record(MirrorRecord next, Runnable then) {
        record = next;
        life.schedule(random.nextLong(RECORD_NS), then);
    }

    // ---- a write is about to be missed

    private boolean isNeeded() {
        for (TargetNode target : targets) {
            if (isBehind(target)) {
                return true;
            }
        }
        return false;
    }

    private boolean isBehind(TargetNode target) {
        LegState leg = mirror.legState(target.slot);
        return SourceRecords.mustBeLeftBehind(known(target), leg == LegState.IN_SYNC, leg.replicates());
    }

    private List<String> inSync() {
        return targets.stream().filter(target -> mirror.legState(target.slot) == LegState.IN_SYNC).map(target -> target.name).toList();
    }

    private void change(IntentWaiter done) {
        changes++;
        List<String> behind = targets.stream().filter(this::isBehind).map(target -> target.name).toList();
        record(SourceRecords.leftBehind(record, behind, inSync(), newId), () -> tellTheOthers(done));
    }

    private void tellTheOthers(IntentWaiter done) {
        long generation = record.generations().current();
        List<String> adopted = new ArrayList<>();
        int[] open = {1};
        Runnable one = () -> {
            if (--open[0] == 0) {
                record(record.generations().current() == generation ? SourceRecords.haveAdopted(record, adopted) : record,
                        () -> done.onIntent(BlockError.NONE));
            }
        };
        for (TargetNode target : targets) {
            if (mirror.legState(target.slot) != LegState.IN_SYNC) {
                continue;
            }
            open[0]++;
            Mirror asking = mirror;
            channel.tell(target.slot, () -> adopt(target, generation), refusal -> {
                if (refusal.isEmpty()) {
                    adopted.add(target.name);
                } else {
                    asking.legLost(target.slot, "its node did not take the new generation: " + refusal);
                }
                one.run();
            });
        }
        one.run();
    }

    private static void adopt(TargetNode target, long generation) {
        if (!target.inconsistent) {
            target.generation = generation;
        }
    }

    // ---- marks

    @Override
    public void replicationStopped(int slot) {
        stops[slot]++;
    }

    @Override
    public void legConnected(int slot, boolean needsResync) {
        if (needsResync) {
            return;
        }
        long now = stops[slot];
        Mirror asking = mirror;
        markInSync(slot, refusal -> {
            if (!refusal.isEmpty() && stops[slot] == now) {
                asking.legLost(slot, "it could not be marked in sync: " + refusal);
            }
        });
    }

    @Override
    public void markInconsistent(int slot, Done done) {
        TargetNode target = targets.get(slot);
        channel.tell(slot, () -> target.inconsistent = true, refusal -> {
            if (refusal.isEmpty()) {
                record = SourceRecords.resyncBegins(record, target.name, true);
            }
            done.onMarked(refusal);
        });
    }

    @Override
    public void markInSync(int slot, Done done) {
        TargetNode target = targets.get(slot);
        record = SourceRecords.mayBecomeWhole(record, target.name);
        long generation = record.generations().current();
        long now = stops[slot];
        channel.tell(slot, () -> {
            marked.accept(slot);
            target.inconsistent = false;
            target.generation = generation;
        }, refusal -> {
            if (stops[slot] != now) {
                done.onMarked("it was paused or lost while it was being marked");
            } else if (!refusal.isEmpty()) {
                done.onMarked(refusal);
            } else if (record.generations().current() != generation) {
                markInSync(slot, done);
            } else {
                record = SourceRecords.targetInSync(record, target.name);
                done.onMarked("");
            }
        });
    }
}
