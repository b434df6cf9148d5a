/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.decide.NodeFacts;
import org.netraid.replicator.peer.PeerEvents;
import org.netraid.replicator.quorum.Voter;
import org.netraid.replicator.state.Generations;

/** One mirror on a node that has no copy of it: hears what the members report, and votes. */
final class TieBreaker {

    private final NodeContext context;
    private final String tag;
    private final Voter voter;
    private final TreeMap<String, NodeFacts> facts = new TreeMap<>();
    private String promisedTo = "";

    TieBreaker(NodeContext context, String tag) {
        this.context = context;
        this.tag = tag;
        this.voter = Quorum.voter(context.env, tag);
    }

    void request(String peer, String method, JsonNode body, PeerEvents.Answer answer) {
        switch (method) {
            case PeerMessages.REPORT -> {
                hear(peer, body);
                answer.ok(PeerMessages.object(tag));
            }
            case PeerMessages.CLAIM -> claim(peer, body, answer);
            case PeerMessages.RELEASE -> {
                release(peer);
                answer.ok(PeerMessages.object(tag));
            }
            case PeerMessages.VOTE -> {
                String refusal = vote(peer, body);
                if (refusal.isEmpty()) {
                    answer.ok(PeerMessages.object(tag));
                } else {
                    answer.error(refusal);
                }
            }
            case PeerMessages.COMMAND -> answer.ok(PeerMessages.result(execute(PeerMessages.command(body.path("command")))));
            default -> answer.error("node " + context.node() + " is the tie-breaker of " + tag + " and has no copy of it");
        }
    }

    private void hear(String peer, JsonNode body) {
        facts.put(peer, PeerMessages.facts(peer, body));
        Quorum.heard(voter, peer, body, text -> context.events.add(tag, text));
    }

    private String vote(String peer, JsonNode body) {
        return Quorum.agree(voter, context.node(), peer, PeerMessages.generations(body.path("proposal")),
                body.path("override").asBoolean());
    }

    private void claim(String peer, JsonNode body, PeerEvents.Answer answer) {
        facts.put(peer, PeerMessages.facts(peer, body));
        String alive = facts.values().stream().filter(each -> each.isInService() && !each.node().equals(peer)
                && !each.node().equals(body.path("handedOverBy").asText())).map(NodeFacts::node).findFirst().orElse("");
        if (!promisedTo.isEmpty() && !promisedTo.equals(peer)) {
            answer.error(context.node() + " has agreed that " + promisedTo + " goes in service at this moment");
        } else if (!alive.isEmpty() && !body.path("forced").asBoolean()) {
            answer.error(alive + " is alive and in service, as " + context.node() + ", the tie-breaker, sees");
        } else {
            promisedTo = peer;
            ObjectNode reply = PeerMessages.object(tag);
            answer.ok(reply.put("noVote", vote(peer, body)));
        }
    }

    private void release(String peer) {
        promisedTo = promisedTo.equals(peer) ? "" : promisedTo;
    }

    void peerDown(String peer) {
        facts.remove(peer);
        release(peer);
    }

    /** The only command for it is {@code explain}. */
    CommandResult execute(MirrorCommand command) {
        if (command.action() != MirrorActionType.EXPLAIN) {
            return CommandResult.failed(ExitCode.NO_SUCH_MIRROR, "", "node " + context.node() + " is the tie-breaker of " + tag
                    + " and has no copy of it", "name a member as source: mirror_action " + command.tag() + " " + command.action().word()
                    + " MEMBER");
        }
        List<String> lines = new ArrayList<>();
        Generations agreed = voter.vote().generations();
        lines.add(context.node() + " is the tie-breaker of " + tag + "; " + (agreed.current() == 0 ? "it has agreed to nothing yet"
                : "it has agreed that " + (voter.vote().owner().isEmpty() ? "the mirror" : voter.vote().owner()) + " goes on in generation "
                        + Generations.text(agreed.current())));
        for (NodeFacts peer : facts.values()) {
            lines.add(peer.node() + " answers: " + peer.role() + ", " + peer.record().diskState() + ", generation "
                    + Generations.text(peer.record().generations().current()));
        }
        return new CommandResult(ExitCode.DONE, "", lines);
    }
}
