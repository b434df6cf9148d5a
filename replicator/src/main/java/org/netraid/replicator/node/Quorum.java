/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.netraid.replicator.config.MirrorConfig;
import org.netraid.replicator.config.QuorumSettings;
import org.netraid.replicator.control.QuorumStatus;
import org.netraid.replicator.decide.NodeFacts;
import org.netraid.replicator.decide.Relation;
import org.netraid.replicator.peer.PeerEvents;
import org.netraid.replicator.peer.PeerReply;
import org.netraid.replicator.quorum.QuorumGuard;
import org.netraid.replicator.quorum.QuorumQuestion;
import org.netraid.replicator.quorum.Vote;
import org.netraid.replicator.quorum.Voter;
import org.netraid.replicator.state.Generations;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.Role;
import org.netraid.store.StateFolderException;

/**
 * One mirror's quorum as one node sees it: asks the engine that is configured, or the nodes for their votes, and gives this node's own.
 *
 * <p>A vote is for a generation, and durable ({@link Voter}). It is asked for with the claim to go in service ({@link ServiceClaims}), and
 * before a source makes a generation that some target will miss ({@link GenerationGate}).
 */
final class Quorum {

    private final VolumeAgent agent;
    private final QuorumSettings settings;
    private final List<String> voters;
    private final Voter voter;
    private final QuorumGuard outside;
    /** Being asked for, not yet in the record; 0 if none. */
    private long proposing;

    Quorum(VolumeAgent agent) {
        this.agent = agent;
        this.settings = agent.config().failover().quorum();
        this.voters = voters(agent.config());
        this.voter = settings.votes() ? voter(agent.context().env, agent.tag()) : null;
        this.outside = OutsideGuards.of(settings.kind(), agent.context().env);
    }

    static Voter voter(NodeEnvironment env, String tag) {
        return new Voter(env.folder(), tag, env.faults());
    }

    /** Members with a daemon, and the tie-breaker. */
    static List<String> voters(MirrorConfig mirror) {
        List<String> names = new ArrayList<>();
        mirror.members().stream().filter(member -> !member.isForeign()).forEach(member -> names.add(member.node()));
        if (!mirror.failover().quorum().tieBreaker().isEmpty()) {
            names.add(mirror.failover().quorum().tieBreaker());
        }
        return List.copyOf(names);
    }

    QuorumSettings settings() {
        return settings;
    }

    /** Nodes vote. */
    boolean votes() {
        return voter != null;
    }

    boolean isConfigured() {
        return settings.kind() != QuorumSettings.Kind.NONE;
    }

    List<String> voters() {
        return voters;
    }

    int majority() {
        return voters.size() / 2 + 1;
    }

    /** Why the votes within reach cannot be a majority; "" if they can. */
    String lack() {
        List<String> missing = voters.stream().filter(name -> !isUp(name)).toList();
        int votes = voters.size() - missing.size();
        return votes >= majority() ? "" : tally(votes, missing.stream().map(name -> name + " does not answer").toList());
    }

    /** @param watch of the mirror in service here; null if it is not */
    QuorumStatus status(QuorumWatch watch) {
        if (!isConfigured()) {
            return QuorumStatus.NONE;
        }
        String kind = settings.kind().word();
        String lost = watch == null ? "" : watch.lost();
        boolean overridden = watch != null && watch.isOverridden();
        if (!votes()) {
            return new QuorumStatus(kind, 0, 0, 0, List.of(), "", lost, overridden, "");
        }
        List<String> missing = voters.stream().filter(name -> !isUp(name)).toList();
        Vote vote = voter.vote();
        String agreedTo = vote.owner().isEmpty() ? "" : vote.owner() + " in generation " + Generations.text(vote.generations().current());
        return new QuorumStatus(kind, voters.size() - missing.size(), majority(), voters.size(), missing, settings.tieBreaker(), lost,
                overridden, agreedTo);
    }

    private boolean isUp(String name) {
        return name.equals(agent.node()) || agent.context().peers.isUp(name);
    }

    /** Why so few votes do not suffice. */
    String tally(int votes, List<String> reasons) {
        return "no quorum for " + agent.tag() + ": " + votes + " of " + voters.size() + " votes, " + majority() + " are needed"
                + (reasons.isEmpty() ? "" : "; " + String.join("; ", reasons));
    }

    // ---- asking

    /** Asks the engine outside, if there is one. @param answer gets "" for yes, else why not */
    void askOutside(QuorumQuestion.Moment moment, List<String> unreachable, Consumer<String> answer) {
        if (votes() || !isConfigured()) {
            answer.accept("");
        } else {
            outside.ask(new QuorumQuestion(agent.tag(), agent.node(), moment, unreachable), refusal -> answer.accept(refusal.isEmpty() ? ""
                    : "no quorum for " + agent.tag() + ": " + refusal));
        }
    }

    /** From now on reports say that this generation is asked for; 0: none is any more, and who agreed takes that back. */
    void propose(long generation) {
        proposing = generation;
        if (voter != null && generation == 0) {
            takeBackOwn();
            agent.changed();
        }
    }

    long proposing() {
        return proposing;
    }

    /**
     * Asks for votes that the data go on in a generation.
     *
     * @param override voters forget what else they had agreed to: an operator's force
     * @param answer gets "" when there is a majority, else why there is none
     */
    void confirm(Generations proposed, boolean override, Consumer<String> answer) {
        if (!votes()) {
            answer.accept("");
            return;
        }
        new Poll(answer).begin(proposed, override);
    }

    /** One question to all voters within reach. */
    private final class Poll {
        private final Consumer<String> answer;
        private final List<String> reasons = new ArrayList<>();
        private int votes = 1;
        private int open = 1;
        private boolean answered;

        Poll(Consumer<String> answer) {
            this.answer = answer;
        }

        void begin(Generations proposed, boolean override) {
            ObjectNode body = agent.reportBody().put("override", override);
            body.set("proposal", PeerMessages.generations(proposed));
            for (String name : voters) {
                if (!name.equals(agent.node())) {
                    open++;
                    agent.context().request(name, PeerMessages.VOTE, body, reply -> one(name, reply));
                }
            }
            open--;
            tell();
        }

        private void one(String name, PeerReply reply) {
            open--;
            if (reply.isOk()) {
                votes++;
            } else {
                reasons.add(reply.reached() ? reply.error() : name + " does not answer");
            }
            tell();
        }

        private void tell() {
            if (!answered && (votes >= majority() || open == 0)) {
                answered = true;
                answer.accept(votes >= majority() ? "" : tally(votes, reasons));
            }
        }
    }

    // ---- being asked

    /** This node's own vote for its own claim. @return "" if given, durably */
    String agreeForSelf(Generations proposed, boolean override) {
        return voter == null ? "" : agree(voter, agent.node(), agent.node(), proposed, override);
    }

    void onVote(NodeFacts from, JsonNode body, PeerEvents.Answer answer) {
        agent.report(from.node(), from);
        String refusal = vote(from, body);
        if (refusal.isEmpty()) {
            answer.ok(PeerMessages.object(agent.tag()));
        } else {
            answer.error(refusal);
        }
    }

    /** @return "" if this node agrees, durably; else why not */
    String vote(NodeFacts from, JsonNode body) {
        if (voter == null || !body.has("proposal")) {
            return "on node " + agent.node() + " quorum of " + agent.tag() + " is not \"majority\"; the nodes' configurations differ";
        }
        if (agent.role() == Role.SOURCE) {
            return agent.node() + " is in service itself";
        }
        boolean override = body.path("override").asBoolean();
        MirrorRecord own = agent.record();
        Relation relation = Relation.between(agent.node(), own, from.node(), from.record());
        if (!override && own.created() && (relation.selfIsNewer() && relation != Relation.PEER_NEW || relation == Relation.SPLIT_BRAIN)) {
            return agent.node() + " has data that " + from.node() + " has not (generation "
                    + Generations.text(own.generations().current()) + ")";
        }
        return agree(voter, agent.node(), from.node(), PeerMessages.generations(body.path("proposal")), override);
    }

    static String agree(Voter voter, String self, String owner, Generations proposed, boolean override) {
        String refusal = override || voter.isCareless() ? "" : voter.refusal(self, proposed);
        if (!refusal.isEmpty()) {
            return refusal;
        }
        try {
            voter.agree(proposed, owner);
            return "";
        } catch (StateFolderException e) {
            return self + " cannot vote: " + e.getMessage();
        }
    }

    /** Why a source may not have this node's disk: this node has agreed to another one; "" if it may. */
    String deposed(NodeFacts source) {
        return voter != null && voter.isDeposed(source.record().generations()) ? "F1: stale source, "
                + voter.refusal(agent.node(), source.record().generations()) : "";
    }

    /** Something was heard of another node, or of this one at boot. */
    void onReport(String from, JsonNode body) {
        if (voter != null) {
            heard(voter, from, body, agent::event);
        }
    }

    /** What this node itself had asked for and not written will never be: after a boot, and when it has given up. */
    void takeBackOwn() {
        if (voter != null) {
            heard(voter, agent.node(), agent.reportBody(), agent::event);
        }
    }

    /** What a report says about a vote; the same on a tie-breaker. */
    static void heard(Voter voter, String from, JsonNode body, Consumer<String> event) {
        Generations reported = PeerMessages.record(body).generations();
        long agreed = voter.vote().generations().current();
        try {
            if (body.path("quorate").asBoolean()) {
                voter.follow(reported, from);
            } else if (body.path("proposing").asLong() != agreed && reported.current() != agreed && !reported.hasAncestor(agreed)) {
                voter.takeBack(from, agreed);
            }
        } catch (StateFolderException e) {
            event.accept(e.getMessage());
        }
    }

    /** This node is now the target of a source: that is what it has agreed to. */
    void follow(NodeFacts source) {
        if (voter != null && source.record().created()) {
            try {
                voter.agree(source.record().generations(), source.node());
            } catch (StateFolderException e) {
                agent.event(e.getMessage());
            }
        }
    }
}
