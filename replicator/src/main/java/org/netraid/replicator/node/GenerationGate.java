/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.netraid.replicator.config.QuorumSettings.Loss;
import org.netraid.replicator.quorum.QuorumQuestion.Moment;
import org.netraid.replicator.state.Generations;
import org.netraid.time.EventLoop;

/**
 * Stands before the moment in which a source makes a generation that some target misses: until it is passed, nothing that the target
 * lacks is acknowledged. An old source whose target was promoted elsewhere never gets through: a majority has agreed to another
 * generation, or the engine outside says no, or {@code fence-peer} finds the target in service.
 *
 * <p>One passage at a time.
 */
final class GenerationGate {

    /** How a passage ends. */
    interface Passage {
        /** Make the change, in this generation. */
        void passed(long generation);

        /** No target misses anything any more. */
        void notNeeded();

        /** The mirror leaves service, or errors are what the configuration wants. */
        void refused();
    }

    private static final long LONGEST_PAUSE_NS = 10_000_000_000L;

    private final VolumeAgent agent;
    private final Quorum quorum;
    private Supplier<List<String>> misses;
    private Passage passage;
    private long generation;
    private String waitsFor = "";
    private EventLoop.Timer retry;
    private int failures;
    private boolean closed;
    /** A planted defect: nobody is asked. */
    private final boolean alone;

    GenerationGate(VolumeAgent agent) {
        this.agent = agent;
        this.quorum = agent.quorum();
        this.alone = agent.context().env.faults().isArmed("pass-the-gate-alone");
    }

    /** What writes wait for at the gate; "" if none do. */
    String waitsFor() {
        return waitsFor;
    }

    /** @param targetsBehind those that believe to be in sync and are not; asked again after every step */
    void pass(Supplier<List<String>> targetsBehind, Passage told) {
        misses = targetsBehind;
        passage = told;
        if (closed) {
            end(Passage::refused);
        } else {
            attempt();
        }
    }

    private void attempt() {
        List<String> behind = misses.get();
        if (behind.isEmpty()) {
            end(Passage::notNeeded);
            return;
        }
        if (generation == 0) {
            generation = agent.context().newId();
        }
        Passage mine = passage;
        if (alone) {
            passed();
            return;
        }
        Generations next = agent.record().generations().successor(generation);
        if (quorum.votes()) {
            quorum.propose(generation);
        }
        quorum.confirm(next, agent.source().watch().isOverridden(), noVotes -> {
            if (passage == mine) {
                ifGranted(noVotes, this::noQuorum, () -> quorum.askOutside(Moment.GO_ON, behind,
                        no -> ifGranted(no, this::noQuorum, () -> fence(mine, behind))));
            }
        });
    }

    private void ifGranted(String refusal, Consumer<String> refused, Runnable then) {
        if (closed || passage == null) {
            return;
        }
        if (refusal.isEmpty()) {
            then.run();
        } else {
            refused.accept(refusal);
        }
    }

    private void fence(Passage mine, List<String> behind) {
        agent.fencing().fence(behind, Moment.GO_ON, refusal -> {
            if (passage == mine) {
                ifGranted(refusal, this::holdBack, () -> {
                    if (behind.containsAll(misses.get())) {
                        passed();
                    } else {
                        attempt();
                    }
                });
            }
        });
    }

    private void passed() {
        if (misses.get().isEmpty()) {
            end(Passage::notNeeded);
            return;
        }
        long agreed = generation;
        generation = 0;
        Passage told = passage;
        passage = null;
        clear();
        told.passed(agreed);
        quorum.propose(0);
    }

    private void noQuorum(String reason) {
        if (quorum.settings().loss() == Loss.SUSPEND_IO) {
            holdBack(reason);
            return;
        }
        boolean stops = quorum.settings().loss() == Loss.STOP;
        agent.event("Q2: " + whatFor(reason) + (stops ? "The mirror leaves service" : "Writes fail"));
        end(Passage::refused);
        if (stops) {
            agent.source().watch().leave();
        } else {
            agent.source().watch().fail(reason);
        }
    }

    private void holdBack(String reason) {
        if (!reason.equals(waitsFor)) {
            waitsFor = reason;
            agent.event("Q2: " + whatFor(reason) + "Writes wait until that has changed");
            Hooks.tell(agent, HookRunner.QUORUM_LOST, reason);
            agent.source().settleQuorum();
        }
        long pauseNs = Math.min(LONGEST_PAUSE_NS, agent.config().targets().reconnectNs() << Math.min(5, failures++));
        retry = agent.context().loop().schedule(pauseNs, this::again);
    }

    private String whatFor(String reason) {
        return reason + "; " + String.join(" and ", misses.get()) + " would miss writes. ";
    }

    /** Something has changed: a peer is back. */
    void again() {
        if (retry != null) {
            retry.cancel();
            retry = null;
            if (passage != null && !closed) {
                attempt();
            }
        }
    }

    /** The mirror leaves service: what waits fails. */
    void close() {
        closed = true;
        if (passage != null) {
            end(Passage::refused);
        }
    }

    private void end(Consumer<Passage> how) {
        Passage told = passage;
        passage = null;
        boolean proposed = generation != 0;
        generation = 0;
        clear();
        how.accept(told);
        if (proposed && quorum.votes()) {
            quorum.propose(0);
        }
    }

    private void clear() {
        failures = 0;
        if (!waitsFor.isEmpty()) {
            waitsFor = "";
            agent.source().settleQuorum();
        }
        if (retry != null) {
            retry.cancel();
            retry = null;
        }
    }
}
