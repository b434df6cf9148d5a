/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import org.netraid.intentlog.SlotState;
import org.netraid.mirror.LegState;
import org.netraid.replicator.decide.SourceRecords;
import org.netraid.resync.TargetMarker;

/** What targets know of themselves, durably, and the source of them: inconsistent while a resync runs over them, in sync afterwards. */
final class TargetMarks implements TargetMarker {

    private final SourceSide source;
    private final VolumeAgent agent;

    TargetMarks(SourceSide source, VolumeAgent agent) {
        this.source = source;
        this.agent = agent;
    }

    @Override
    public void markInconsistent(int slot, Done done) {
        agent.context().order.enter(agent.tag(), slot, source.config().upkeep().resyncAfter(), () -> markNow(slot, done));
    }

    /** The target first: a source's record that says "inconsistent" does not show any more that the target counted as in sync (G5). */
    private void markNow(int slot, Done done) {
        Optional<TargetConnection> target = source.inSlot(slot);
        if (target.isEmpty()) {
            done.onMarked("it is no longer a target");
            return;
        }
        if (target.get().member.isForeign()) {
            done.onMarked(resyncRecorded(target.get(), false));
            return;
        }
        ObjectNode body = agent.reportBody().put("dirtyBytes", source.log().dirtyChunks(slot) * source.log().chunkBytes())
                .put("full", source.log().slotState(slot) == SlotState.FULL_RESYNC);
        agent.context().request(target.get().node(), PeerMessages.MARK_INCONSISTENT, body, reply -> {
            String stopped = reply.isOk() ? reply.body().path("stopped").asText() : "";
            if (!stopped.isEmpty()) {
                target.get().pauseBecause(stopped);
                done.onMarked(stopped);
            } else if (!reply.isOk()) {
                done.onMarked(reply.error());
            } else {
                String refusal = resyncRecorded(target.get(), !reply.body().path("wayBack").asBoolean(true));
                if (refusal.isEmpty()) {
                    target.get().mergedFromSurvivors();
                }
                done.onMarked(refusal);
            }
        });
    }

    private String resyncRecorded(TargetConnection target, boolean noWayBack) {
        return agent.write(SourceRecords.resyncBegins(agent.record(), target.node(), noWayBack)) ? ""
                : "the state folder cannot be written";
    }

    @Override
    public void markInSync(int slot, Done done) {
        Optional<TargetConnection> target = source.inSlot(slot);
        if (target.isEmpty()) {
            done.onMarked("it is no longer a target");
            return;
        }
        String node = target.get().node();
        long now = agent.record().generations().current();
        if (target.get().member.isForeign()) {
            done.onMarked(settle(node) ? "" : "the state folder cannot be written");
            return;
        }
        if (!source.generation().mayBecomeWhole(node)) {
            done.onMarked("the state folder cannot be written");
            return;
        }
        long stops = target.get().stops();
        agent.context().request(node, PeerMessages.MARK_IN_SYNC, agent.reportBody(), reply -> {
            if (target.get().stops() != stops) {
                // it may miss writes by now: to tell it once more, of a newer generation, would make it pass for whole without them
                done.onMarked("it was paused or lost while it was being marked");
            } else if (reply.isOk() && agent.record().generations().current() != now) {
                // the generation has changed while the mark was on its way
                markInSync(slot, done);
            } else if (reply.isOk()) {
                done.onMarked(settle(node) ? "" : "the state folder cannot be written");
            } else {
                done.onMarked(reply.error());
            }
        });
    }

    private boolean settle(String node) {
        if (!agent.write(SourceRecords.targetInSync(agent.record(), node))) {
            return false;
        }
        source.regions().targetsChanged();
        shareKnowledge();
        return true;
    }

    /** Tells every target in sync who else is, so that whoever takes over knows it; one that is not told would only resync too much. */
    void shareKnowledge() {
        ObjectNode body = agent.reportBody();
        for (TargetConnection target : source.targets()) {
            if (!target.member.isForeign() && target.legState() == LegState.IN_SYNC
                    && agent.record().peer(target.node()).bitmapGeneration() == 0) {
                agent.context().request(target.node(), PeerMessages.ADOPT, body, reply -> { });
            }
        }
    }
}
