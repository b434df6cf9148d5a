/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import org.netraid.mirror.MirrorListener;
import org.netraid.replicator.state.DiskState;

/** What the mirror in service tells of its targets and its disk: what operators read, and what follows for marks, order and record. */
final class MirrorNews implements MirrorListener {

    private final SourceSide source;
    private final VolumeAgent agent;
    private final TargetMarks marks;
    private final LocalErrorHook localErrors;

    MirrorNews(SourceSide source, VolumeAgent agent, TargetMarks marks) {
        this.source = source;
        this.agent = agent;
        this.marks = marks;
        this.localErrors = new LocalErrorHook(agent);
    }

    @Override
    public void replicationStopped(int slot) {
        source.inSlot(slot).ifPresent(TargetConnection::replicationStopped);
        source.regions().targetsChanged();
        agent.context().order.leave(agent.tag(), slot);
    }

    @Override
    public void legConnected(int slot, boolean needsResync) {
        if (needsResync) {
            return;
        }
        long stops = source.inSlot(slot).map(TargetConnection::stops).orElse(0L);
        marks.markInSync(slot, refusal -> {
            boolean isSame = source.inSlot(slot).filter(target -> target.stops() == stops).isPresent();
            if (!refusal.isEmpty() && !source.isStopping() && isSame) {
                source.mirror().legLost(slot, "it could not be marked in sync: " + refusal);
            }
        });
    }

    @Override
    public void legInSync(int slot) {
        agent.context().order.leave(agent.tag(), slot);
        source.regions().targetsChanged();
        source.inSlot(slot).ifPresent(target -> agent.event("target " + target.node() + " is in sync"));
        source.inSlot(slot).flatMap(target -> ResyncReport.of(target.node(), source.resyncs().progress(slot))).ifPresent(agent::event);
        marks.shareKnowledge();
        agent.changed();
    }

    @Override
    public void legLost(int slot, String reason) {
        source.inSlot(slot).ifPresent(target -> {
            agent.event("target " + target.node() + " is lost: " + target.withoutToken(reason));
            target.onLegLost(reason);
        });
        agent.changed();
    }

    @Override
    public void legPulledAhead(int slot, String why) {
        source.inSlot(slot).ifPresent(target -> agent.event("target " + target.node() + " is left behind for now: " + why
                + ". It keeps its last state; what it misses is tracked and sent later"));
        agent.changed();
    }

    @Override
    public void journalNews(String text) {
        agent.event(text);
        agent.changed();
    }

    @Override
    public void localError(String text) {
        agent.event(text);
        localErrors.tell(text);
    }

    /**
     * After a failed flush the page cache may show what the disk does not hold: a restart would believe it, and later copy lost blocks over
     * the targets' good ones.
     */
    @Override
    public void localDiskLost(String text) {
        agent.write(agent.record().with().diskState(DiskState.FAILED).build());
    }

    @Override
    public void mirrorFailed(String text) {
        agent.event(text);
    }
}
