/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import org.netraid.replicator.config.QuorumSettings;
import org.netraid.replicator.quorum.QuorumQuestion.Moment;
import org.netraid.time.EventLoop;

/**
 * Looks, while the mirror is in service here, whether the node still has its quorum, and does what is configured when it has not. What was
 * forced into service without one goes on without until a majority has agreed to its generation.
 */
final class QuorumWatch {

    private final VolumeAgent agent;
    private final SourceSide source;
    private final Quorum quorum;
    private final QuorumSettings settings;
    private String lost = "";
    private boolean overridden;
    private boolean asking;
    private boolean failed;
    private boolean closed;
    private EventLoop.Timer timer;

    QuorumWatch(VolumeAgent agent, SourceSide source) {
        this.agent = agent;
        this.source = source;
        this.quorum = agent.quorum();
        this.settings = quorum.settings();
    }

    /** @param forced the mirror was put in service whatever the quorum says */
    void start(boolean forced) {
        overridden = forced && quorum.isConfigured();
        check();
    }

    /** Why there is no quorum; "" if there is one, or none is configured. */
    String lost() {
        return lost;
    }

    /** Forced into service, and not yet confirmed. */
    boolean isOverridden() {
        return overridden;
    }

    /** A majority has agreed to the generation in which this node writes, and can be reached. */
    boolean isQuorate() {
        return quorum.votes() && lost.isEmpty() && !overridden && !closed;
    }

    /** Asks again; after every change of the peers, and every now and then. */
    void check() {
        if (closed || asking || !quorum.isConfigured()) {
            return;
        }
        if (timer != null) {
            timer.cancel();
        }
        timer = agent.context().loop().schedule(settings.pollNs(), this::check);
        String lack = quorum.votes() ? quorum.lack() : "";
        if (!lack.isEmpty()) {
            settle(lack);
        } else if (!quorum.votes()) {
            asking = true;
            quorum.askOutside(Moment.WATCH, agent.unreachableMembers(), this::answered);
        } else if (overridden || !lost.isEmpty()) {
            asking = true;
            quorum.confirm(agent.record().generations(), overridden, this::answered);
        }
    }

    private void answered(String refusal) {
        asking = false;
        if (!closed) {
            settle(refusal);
        }
    }

    private void settle(String refusal) {
        if (overridden) {
            if (refusal.isEmpty()) {
                overridden = false;
                agent.event("the quorum that was overridden by force is there again");
                agent.changed();
            }
        } else if (!refusal.isEmpty() && lost.isEmpty()) {
            lose(refusal);
        } else if (refusal.isEmpty() && !lost.isEmpty()) {
            regain();
        } else {
            lost = refusal;
        }
    }

    private void lose(String refusal) {
        lost = refusal;
        agent.event("Q2: " + refusal + ". " + switch (settings.loss()) {
            case SUSPEND_IO -> "Writes wait until it is back";
            case IO_ERROR -> "Writes fail until it is back";
            case STOP -> "The mirror leaves service";
        });
        Hooks.tell(agent, HookRunner.QUORUM_LOST, refusal);
        agent.changed();
        if (settings.loss() == QuorumSettings.Loss.STOP) {
            leave();
        } else {
            source.settleQuorum();
        }
    }

    private void regain() {
        lost = "";
        agent.event("the quorum is there again; " + (failed ? "the mirror starts anew" : "writes go on"));
        source.settleQuorum();
        agent.changed();
        if (failed) {
            leave();
        }
    }

    /** Writes that were on their way could not be kept, as the configuration wants it: the mirror has to start anew. */
    void fail(String refusal) {
        failed = true;
        if (lost.isEmpty()) {
            lose(refusal);
        }
    }

    /** Leaves service in order, as soon as nothing else is under way. */
    void leave() {
        agent.context().loop().execute(() -> {
            if (closed || agent.source() != source) {
                return;
            }
            if (agent.transition().isEmpty()) {
                agent.leaveService(false, problem -> { });
            } else {
                agent.context().loop().schedule(settings.pollNs(), this::leave);
            }
        });
    }

    void close() {
        closed = true;
        if (timer != null) {
            timer.cancel();
        }
    }
}
