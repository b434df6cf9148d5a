/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.netraid.mirror.LegState;
import org.netraid.mirror.Mirror;
import org.netraid.replicator.config.MemberConfig;
import org.netraid.replicator.peer.PeerReply;
import org.netraid.replicator.state.PeerRecord;

/**
 * Tells the targets, now and then, what every copy has flushed, so that they need not remember it any longer. One round: a mark on every
 * target in sync; the end of every write begun before the last of them answered; a flush of every copy; and only if nobody was lost or
 * joined meanwhile, the message. While a member is away nobody may forget anything; then a round only tells a target that is new in sync
 * what others lack.
 */
final class RegionRounds {

    private static final long POLL_NS = 5_000_000L;

    private final SourceSide source;
    private final VolumeAgent agent;
    private final long intervalNs;
    private final boolean careless;
    private long mark;
    /** Grows whenever a target is lost, joins, or is declared unknown. */
    private long changes;
    private boolean running;
    private boolean again;
    private boolean closed;
    /** Bytes that the application had written when everybody last had everything. */
    private long settledBytes = -1;
    /** As {@link #changes} when a round found that nobody may forget anything and nobody needs to be told anything. */
    private long uselessAt = -1;

    RegionRounds(SourceSide source, VolumeAgent agent, long intervalNs) {
        this.source = source;
        this.agent = agent;
        this.intervalNs = intervalNs;
        this.careless = agent.context().env.faults().isArmed("forget-regions-early");
        tick();
    }

    void close() {
        closed = true;
    }

    /** Who is in sync has changed. */
    void targetsChanged() {
        changes++;
        settledBytes = -1;
        if (intervalNs > 0) {
            agent.context().loop().execute(this::start);
        }
    }

    private void tick() {
        if (!closed && intervalNs > 0) {
            start();
            agent.context().loop().schedule(intervalNs, this::tick);
        }
    }

    private void start() {
        if (closed || intervalNs <= 0 || source.mirror() == null) {
            return;
        }
        if (running) {
            again = true;
            return;
        }
        List<TargetConnection> inSync = inSync();
        boolean needed = source.mirror().snapshot().bytesWritten() != settledBytes;
        if (inSync.isEmpty() || !needed || uselessAt == changes || others().stream().anyMatch(member -> record(member).needsMerge())) {
            return;
        }
        running = true;
        mark++;
        Round round = new Round(inSync, changes, source.mirror().snapshot().bytesWritten());
        round.open = inSync.size();
        ObjectNode body = agent.reportBody().put("mark", mark);
        for (TargetConnection target : inSync) {
            agent.context().request(target.node(), PeerMessages.REGION_MARK, body, reply -> round.marked(target, reply));
        }
    }

    private List<TargetConnection> inSync() {
        return source.targets().stream().filter(target -> !target.member.isForeign() && target.legState() == LegState.IN_SYNC
                && agent.record().peer(target.node()).bitmapGeneration() == 0 && agent.facts(target.node()).reachable()).toList();
    }

    private List<MemberConfig> others() {
        return source.config().members().stream().filter(member -> !member.isForeign() && !member.node().equals(agent.node())
                && record(member).member()).toList();
    }

    private PeerRecord record(MemberConfig member) {
        return agent.record().peer(member.node());
    }

    private void end() {
        running = false;
        if (again) {
            again = false;
            start();
        }
    }

    private final class Round {
        private final List<TargetConnection> targets;
        private final long changesBefore;
        private final long writtenBytes;
        private final List<TargetConnection> notWhole = new ArrayList<>();
        private int open;
        private boolean failed;

        Round(List<TargetConnection> targets, long changesBefore, long writtenBytes) {
            this.targets = targets;
            this.changesBefore = changesBefore;
            this.writtenBytes = writtenBytes;
        }

        void marked(TargetConnection target, PeerReply reply) {
            failed |= !reply.isOk();
            if (reply.isOk() && !RegionFile.Worth.WHOLE.name().equals(reply.body().path("worth").asText())) {
                notWhole.add(target);
            }
            if (--open == 0) {
                boolean useless = targets.size() < others().size() && notWhole.isEmpty() && !careless;
                if (useless && !failed && !hasChanged()) {
                    uselessAt = changes;
                }
                if (failed || useless || hasChanged()) {
                    end();
                } else {
                    await(source.mirror(), source.mirror().newestRequest());
                }
            }
        }

        private boolean hasChanged() {
            return closed || changes != changesBefore;
        }

        private void await(Mirror mirror, long newest) {
            if (hasChanged()) {
                end();
            } else if (careless || mirror.hasEnded(newest)) {
                mirror.flushAll((error, detail) -> flushed(error.isError()));
            } else {
                agent.context().loop().schedule(POLL_NS, () -> await(mirror, newest));
            }
        }

        private void flushed(boolean flushFailed) {
            if (flushFailed || hasChanged()) {
                end();
                return;
            }
            boolean everyone = targets.size() == others().size() || careless;
            ObjectNode body = agent.reportBody().put("mark", mark).put("everyone", everyone);
            if (!everyone) {
                byte[] map = source.log().exportDirty(usedSlots());
                if (map.length > TargetRequests.MAX_DIRTY_MAP_BYTES) {
                    end();
                    return;
                }
                body.put("map", Base64.getEncoder().encodeToString(map));
            }
            for (TargetConnection target : everyone ? targets : notWhole) {
                agent.context().request(target.node(), PeerMessages.REGION_SETTLE, body, reply -> { });
            }
            settledBytes = writtenBytes;
            end();
        }

        private int usedSlots() {
            int mask = 0;
            for (TargetConnection target : source.targets()) {
                mask |= 1 << target.slot;
            }
            return mask;
        }
    }
}
