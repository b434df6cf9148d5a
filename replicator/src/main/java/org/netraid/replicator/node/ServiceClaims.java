/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.netraid.replicator.decide.ClaimRules;
import org.netraid.replicator.decide.NodeFacts;
import org.netraid.replicator.peer.PeerEvents;
import org.netraid.replicator.peer.PeerReply;

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

    private final VolumeAgent agent;
    private final Set<String> asked = new TreeSet<>();
    private final Set<String> waitingFor = new TreeSet<>();
    private String promisedTo = "";
    private Consumer<String> decided;
    private boolean granted;

    ServiceClaims(VolumeAgent agent) {
        this.agent = agent;
    }

    // ---- claiming

    /**
     * Asks everybody within reach.
     *
     * @param whenDecided gets "" when all agree, else who does not and why; then nobody holds a promise any more
     */
    void claim(Terms terms, Consumer<String> whenDecided) {
        if (!promisedTo.isEmpty()) {
            whenDecided.accept(promisedTo + " goes in service at this moment");
            return;
        }
        decided = whenDecided;
        for (NodeFacts peer : agent.allFacts()) {
            if (agent.context().peers.isUp(peer.node())) {
                asked.add(peer.node());
            }
        }
        waitingFor.addAll(asked);
        if (asked.isEmpty()) {
            end("");
            return;
        }
        ObjectNode body = agent.reportBody().put("forced", terms.forced()).put("handedOverBy", terms.handedOverBy());
        for (String peer : Set.copyOf(asked)) {
            agent.context().request(peer, PeerMessages.CLAIM, body, reply -> answered(peer, whenDecided, reply));
        }
    }

    private void answered(String peer, Consumer<String> question, PeerReply reply) {
        if (decided != question) {
            return;
        }
        if (!reply.isOk()) {
            end(reply.reached() ? reply.error() : peer + " was lost while it was asked");
        } else if (waitingFor.remove(peer) && waitingFor.isEmpty()) {
            end("");
        }
    }

    private void end(String refusal) {
        Consumer<String> tell = decided;
        decided = null;
        waitingFor.clear();
        granted = refusal.isEmpty();
        if (!granted) {
            release();
        }
        tell.accept(refusal);
    }

    /** The way into service has ended, well or not. */
    void release() {
        granted = false;
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
            end(from.node() + " goes in service at this moment");
        }
        answer.ok(PeerMessages.object(agent.tag()));
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
