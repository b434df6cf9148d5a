/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.netraid.replicator.decide.ClaimRules;
import org.netraid.replicator.decide.NodeFacts;
import org.netraid.replicator.peer.PeerEvents;
import org.netraid.replicator.peer.PeerReply;
import org.netraid.replicator.state.Generations;

/**
 * One node at a time goes in service. The decision table looks at what others have reported, and two nodes can look at the same moment; so
 * whoever is about to go in service asks every node it reaches first. A node that agrees does not go in service itself until the other
 * has got there, has given up, or is lost.
 *
 * <p>Of two that ask at once the last owner goes first, else the one with the smaller name. A node that is the target of a source that is
 * alive does not agree to another one: the claimant cannot reach that source, but here it is seen.
 *
 * <p>A promise ends with the connection. That is safe: what starts by itself needs an answer of everybody, so it does not start then.
 */
final class ServiceClaims {

    /** Why this node wants to go in service: by force, or because another has just handed over; "" if none has. */
    record Terms(boolean forced, String handedOverBy) {
        static final Terms NORMAL = new Terms(false, "");
    }

    /** Who does not agree, by which rule, and what to do; {@link #NONE}: all do. */
    record Refusal(String rule, String text, String cure) {
        static final Refusal NONE = new Refusal("", "", "");

        boolean isNone() {
            return rule.isEmpty();
        }

        /** Somebody else goes in service, or is. */
        static Refusal claimed(String text) {
            return new Refusal("G6", text, "wait until that has ended, then look again: mirror_status TAG");
        }

        /** The votes do not suffice, or the engine outside says no. */
        static Refusal noQuorum(String text, String node) {
            return new Refusal("Q1", text, "bring the missing nodes up; to go in service without quorum, if no other part of the cluster "
                    + "can be in service: mirror_action TAG force " + node);
        }
    }

    private final VolumeAgent agent;
    private final Set<String> asked = new TreeSet<>();
    private final Set<String> waitingFor = new TreeSet<>();
    private String promisedTo = "";
    private Consumer<Refusal> decided;
    private boolean granted;
    private int votes;
    private final List<String> denials = new ArrayList<>();

    ServiceClaims(VolumeAgent agent) {
        this.agent = agent;
    }

    // ---- claiming

    /**
     * Asks everybody within reach.
     *
     * @param proposed the generation in which this node would write
     * @param whenDecided gets {@link Refusal#NONE} when all agree, else who does not and why; then nobody holds a promise any more
     */
    void claim(Terms terms, Generations proposed, Consumer<Refusal> whenDecided) {
        if (!promisedTo.isEmpty()) {
            whenDecided.accept(Refusal.claimed(promisedTo + " goes in service at this moment"));
            return;
        }
        Quorum quorum = agent.quorum();
        String lack = quorum.votes() && !terms.forced() ? quorum.lack() : "";
        String own = lack.isEmpty() ? quorum.agreeForSelf(proposed, terms.forced()) : lack;
        if (!own.isEmpty()) {
            whenDecided.accept(Refusal.noQuorum(own, agent.node()));
            return;
        }
        decided = whenDecided;
        votes = 1;
        denials.clear();
        for (String peer : agent.others()) {
            if (agent.context().peers.isUp(peer)) {
                asked.add(peer);
            }
        }
        waitingFor.addAll(asked);
        quorum.propose(proposed.current());
        if (asked.isEmpty()) {
            end(Refusal.NONE);
            return;
        }
        ObjectNode body = agent.reportBody().put("forced", terms.forced()).put("override", terms.forced())
                .put("handedOverBy", terms.handedOverBy());
        body.set("proposal", PeerMessages.generations(proposed));
        for (String peer : Set.copyOf(asked)) {
            agent.context().request(peer, PeerMessages.CLAIM, body, reply -> answered(peer, terms, whenDecided, reply));
        }
    }

    private void answered(String peer, Terms terms, Consumer<Refusal> question, PeerReply reply) {
        if (decided != question) {
            return;
        }
        if (!reply.isOk()) {
            end(Refusal.claimed(reply.reached() ? reply.error() : peer + " was lost while it was asked"));
            return;
        }
        String denial = reply.body().path("noVote").asText();
        votes += denial.isEmpty() ? 1 : 0;
        if (!denial.isEmpty()) {
            denials.add(denial);
        }
        if (waitingFor.remove(peer) && waitingFor.isEmpty()) {
            boolean enough = !agent.quorum().votes() || terms.forced() || votes >= agent.quorum().majority();
            end(enough ? Refusal.NONE : Refusal.noQuorum(agent.quorum().tally(votes, denials), agent.node()));
        }
    }

    private void end(Refusal refusal) {
        Consumer<Refusal> tell = decided;
        decided = null;
        waitingFor.clear();
        granted = refusal.isNone();
        if (!granted) {
            release();
        }
        tell.accept(refusal);
    }

    /** The way into service has ended, well or not. */
    void release() {
        granted = false;
        agent.quorum().propose(0);
        for (String peer : asked) {
            if (agent.context().peers.isUp(peer)) {
                agent.context().request(peer, PeerMessages.RELEASE, PeerMessages.object(agent.tag()), reply -> { });
            }
        }
        asked.clear();
    }

    // ---- being asked

    void onClaim(NodeFacts from, JsonNode body, PeerEvents.Answer answer) {
        agent.report(from.node(), from);
        String refusal = refusal(from, new Terms(body.path("forced").asBoolean(), body.path("handedOverBy").asText()));
        if (!refusal.isEmpty()) {
            answer.error(refusal);
            return;
        }
        promisedTo = from.node();
        if (decided != null) {
            end(Refusal.claimed(from.node() + " goes in service at this moment"));
        }
        ObjectNode reply = PeerMessages.object(agent.tag());
        if (agent.quorum().votes()) {
            reply.put("noVote", agent.quorum().vote(from, body));
        }
        cutDeposed(from.node(), () -> answer.ok(reply));
    }

    /** The source before must not reach this node's disk any more when the new one accepts its first write. */
    private void cutDeposed(String next, Runnable done) {
        String source = agent.target().source();
        if (source.isEmpty() || source.equals(next)) {
            done.run();
        } else {
            agent.target().cut(next + " goes in service", done);
        }
    }

    private String refusal(NodeFacts from, Terms terms) {
        String source = agent.target().source();
        return ClaimRules.refusal(new ClaimRules.Asked(agent.node(), agent.record().lastOwner(), agent.role(), decided != null, granted,
                promisedTo, source, agent.facts(source).isInService()), new ClaimRules.Claim(from.node(), from.record().lastOwner(),
                terms.forced(), terms.handedOverBy()));
    }

    void onRelease(String from) {
        if (promisedTo.equals(from)) {
            promisedTo = "";
            agent.evaluate();
        }
    }

    void peerDown(String peer) {
        onRelease(peer);
    }
}
