/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.decide;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.netraid.replicator.decide.Decision.Action;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.Role;

/**
 * The table: may this node start, must it follow another, or is it blocked? The first row that answers decides. The
 * order is part of the meaning: what is known to be dangerous comes before what is merely unknown, and both before what is allowed.
 */
public final class Decisions {

    /** A row: null if it does not apply. */
    private interface Row extends Function<Situation, Decision> {
    }

    private static final List<Row> ROWS = List.of(
            Decisions::contradictingFiles,
            Decisions::otherDisk,
            Decisions::inServiceHere,
            Decisions::neverCreated,
            Decisions::failedDisk,
            Decisions::otherMirror,
            Decisions::inServiceElsewhere,
            Decisions::inconsistentCopy,
            Decisions::forced,
            Decisions::splitBrain,
            Decisions::newerCopyElsewhere,
            Decisions::knownStale,
            Decisions::stoppedByOperator,
            Decisions::stoppedInOrder,
            Decisions::lastOwner,
            Decisions::target);

    private Decisions() {
    }

    /** Decides. Never null, never throws for any situation. */
    public static Decision decide(Situation situation) {
        for (Row row : ROWS) {
            Decision decision = row.apply(situation);
            if (decision != null) {
                return decision;
            }
        }
        throw new IllegalStateException("no row of the decision table fits " + situation);
    }

    private static Decision contradictingFiles(Situation s) {
        if (s.contradiction().isEmpty() || s.request().isForce() && s.self().record().created()) {
            return null;
        }
        return new Decision(Action.BLOCK, "X1", "", s.contradiction(), "");
    }

    private static Decision otherDisk(Situation s) {
        String self = s.self().node();
        return s.otherDisk().isEmpty() || s.self().role() == Role.SOURCE || !s.self().record().created() ? null
                : new Decision(Action.BLOCK, "D15", "", s.otherDisk(),
                        "if it is a new disk: start a node with a whole copy, then fill this one: mirror_action TAG fullresync SOURCE "
                                + self + "; if the same data were moved there: remove that note, then: mirror_action TAG start " + self);
    }

    private static Decision inServiceHere(Situation s) {
        if (s.self().role() != Role.SOURCE) {
            return null;
        }
        String self = s.self().node();
        for (NodeFacts peer : s.inService()) {
            Relation relation = s.relation(peer);
            if (relation.peerIsNewer()) {
                return new Decision(Action.STEP_DOWN, "D1", peer.node(), peer.node() + " has taken over from " + self
                        + ", and nothing was written here since", "");
            }
            if (!relation.selfIsNewer()) {
                return new Decision(Action.KEEP, "D19", self, "split brain: " + self + " and " + peer.node()
                        + " are both in service; nothing is replicated between them", splitBrainCure(s));
            }
        }
        return deposed(s).orElseGet(() -> new Decision(Action.KEEP, "D13", self, self + " is in service", ""));
    }

    /**
     * Where nodes vote, whoever went on from this copy's generation had a majority for it, so no write that the other misses can be
     * acknowledged here any more. The other need not be in service now: it may have been restarted, and waits for this node to leave.
     */
    private static Optional<Decision> deposed(Situation s) {
        return !s.quorate() ? Optional.empty() : s.reachable().stream()
                .filter(peer -> peer.record().created() && peer.record().diskState().maySource() && s.relation(peer).peerIsNewer())
                .findFirst()
                .map(peer -> new Decision(Action.STEP_DOWN, "D1", peer.node(), peer.node() + " has newer data; " + s.self().node()
                        + " leaves service", ""));
    }

    private static Decision neverCreated(Situation s) {
        if (s.self().record().created()) {
            return null;
        }
        for (NodeFacts peer : s.inService()) {
            return new Decision(Action.BECOME_TARGET, "D13", peer.node(), "this node joins the mirror of " + peer.node()
                    + " as a new target", "");
        }
        return new Decision(Action.STAY, "D0", "", "the mirror was never created on this node",
                "create it on the node that has the data: mirror_action TAG create");
    }

    private static Decision failedDisk(Situation s) {
        return s.self().record().diskState() != DiskState.FAILED || s.request() == Request.FORCE_INCONSISTENT ? null
                : new Decision(Action.BLOCK, "G14", "", "the disk of " + s.self().node()
                        + " has failed, so writes may be missing on it",
                        "start a node that is in sync, replace or repair the disk, then fill it: mirror_action TAG fullresync SOURCE "
                                + s.self().node() + "; as a last resort: mirror_action TAG force " + s.self().node()
                                + " --i-accept-inconsistent-data");
    }

    private static Decision otherMirror(Situation s) {
        for (NodeFacts peer : s.inService()) {
            Relation relation = s.relation(peer);
            if (relation == Relation.OTHER_MIRROR || relation == Relation.UNRELATED) {
                return new Decision(Action.BLOCK, "X2", "", peer.node() + " serves " + (relation == Relation.UNRELATED
                        ? "data that have no ancestor in common with this copy" : "another mirror of the same tag"),
                        "if this copy is worthless: mirror_action TAG fullresync " + peer.node() + " " + s.self().node());
            }
        }
        return null;
    }

    private static Decision inServiceElsewhere(Situation s) {
        List<NodeFacts> inService = s.inService();
        if (inService.isEmpty()) {
            return null;
        }
        for (NodeFacts peer : inService) {
            if (s.relation(peer) == Relation.SPLIT_BRAIN) {
                return split(s, peer);
            }
        }
        for (NodeFacts peer : inService) {
            if (s.relation(peer).selfIsNewer()) {
                String first = s.quorate() && s.self().record().diskState().maySource()
                        ? peer.node() + " leaves service by itself when a majority answers it; if it does not, " : "";
                return new Decision(Action.BLOCK, "G7", "", peer.node() + " is in service with older data than this node has",
                        first + "stop it there and start it here, or give this copy up: mirror_action TAG fullresync " + peer.node() + " "
                                + s.self().node());
            }
        }
        NodeFacts source = inService.get(0);
        if (s.request().isOperator()) {
            return new Decision(Action.STAY, "D5", source.node(), "the mirror is in service on " + source.node(),
                    "move it with: mirror_action TAG switchover " + source.node() + " " + s.self().node());
        }
        MirrorRecord self = s.self().record();
        if (self.diskState() == DiskState.INCONSISTENT) {
            return new Decision(Action.BECOME_TARGET, "D2", source.node(), "the resync from " + source.node() + " goes on", "");
        }
        return self.lastOwner()
                ? new Decision(Action.BECOME_TARGET, "D1", source.node(), source.node()
                        + " has taken over; this node hands over its dirty chunks and becomes its target", "")
                : new Decision(Action.BECOME_TARGET, "D13", source.node(), source.node() + " is the source", "");
    }

    private static Decision inconsistentCopy(Situation s) {
        if (s.self().record().diskState() != DiskState.INCONSISTENT) {
            return null;
        }
        String from = s.self().record().resyncSource();
        if (s.request() == Request.FORCE_INCONSISTENT) {
            return new Decision(Action.TAKE_OVER, "G1", s.self().node(),
                    "forced twice: an inconsistent copy, a mixture of old and new data, goes in service", from.isEmpty() ? "" : from
                    + ", if it comes back while " + s.self().node() + " is down, may start by itself without what is written here");
        }
        return new Decision(Action.BLOCK, s.request() == Request.FORCE ? "G1" : "D2", from, "the copy on " + s.self().node()
                + " is inconsistent: a resync " + (from.isEmpty() ? "" : "from " + from + " ") + "has not ended",
                "start a node with a whole copy" + (from.isEmpty() ? "" : " (" + from + ")")
                + "; as a last resort: mirror_action TAG force "
                        + s.self().node() + " --i-accept-inconsistent-data");
    }

    private static Decision forced(Situation s) {
        if (!s.request().isForce()) {
            return null;
        }
        if (s.request() == Request.FORCE) {
            for (NodeFacts peer : s.reachable()) {
                if (s.relation(peer).peerIsNewer() && peer.record().diskState().maySource()) {
                    return new Decision(Action.BLOCK, "G10", peer.node(), peer.node() + " answers and has newer data than this node",
                            "start it there: mirror_action TAG start " + peer.node()
                            + "; to lose what only it has: mirror_action TAG force "
                                    + s.self().node() + " --i-accept-inconsistent-data");
                }
            }
        }
        return new Decision(Action.TAKE_OVER, "D3a", s.self().node(), "forced by an operator, who vouches that "
                + s.self().node() + " has the newest data", "");
    }

    private static Decision splitBrain(Situation s) {
        for (NodeFacts peer : s.reachable()) {
            if (s.relation(peer) == Relation.SPLIT_BRAIN && peer.record().diskState().maySource()) {
                return split(s, peer);
            }
        }
        return null;
    }

    private static Decision split(Situation s, NodeFacts peer) {
        return new Decision(Action.BLOCK, "D19", "", "split brain: " + s.self().node() + " and " + peer.node()
                + " were both written since they last had the same data; nothing is overwritten", splitBrainCure(s));
    }

    private static String splitBrainCure(Situation s) {
        return "see what changed on each side: mirror_action TAG split-brain; choose whose data to keep: mirror_action TAG force KEPT "
                + "(unless it is in service), then mirror_action TAG resolve KEPT OTHER, which saves what only OTHER has and overwrites "
                + "it; names here: " + s.self().node() + ", "
                + s.peers().stream().map(NodeFacts::node).collect(Collectors.joining(", "));
    }

    private static Decision newerCopyElsewhere(Situation s) {
        for (NodeFacts peer : s.reachable()) {
            if (!s.relation(peer).peerIsNewer() || !peer.record().created()) {
                continue;
            }
            String rule = s.self().record().lastOwner() ? "D3c" : "D4";
            String sentence = peer.node() + " has newer data than " + s.self().node();
            String cure = "start it there: mirror_action TAG start " + peer.node();
            boolean operator = s.request().isOperator();
            return new Decision(operator ? Action.BLOCK : Action.WAIT, rule, peer.node(), sentence, cure);
        }
        return null;
    }

    private static Decision knownStale(Situation s) {
        NodeFacts witness = s.witnessOfStaleness();
        if (s.self().record().diskState() != DiskState.OUTDATED && witness == null) {
            return null;
        }
        return new Decision(Action.BLOCK, "D17", s.self().record().sourceName(), "the copy on " + s.self().node()
                + " lacks acknowledged writes" + (witness == null ? "" : ", as " + witness.node() + " knows"),
                "start a node that is in sync; to lose those writes: mirror_action TAG force " + s.self().node());
    }

    private static Decision stoppedByOperator(Situation s) {
        return s.request() == Request.AUTO && s.self().record().stayStopped()
                ? new Decision(Action.STAY, "D12", "", "the mirror was stopped by an operator", "start it with: mirror_action TAG start")
                : null;
    }

    private static Decision stoppedInOrder(Situation s) {
        MirrorRecord self = s.self().record();
        if (!self.stoppedClean() || self.inService() || self.dataCorrupt() || !self.diskState().maySource()) {
            return null;
        }
        String sentence = "the mirror was stopped in order while " + s.self().node() + " had everything";
        if (s.request() == Request.START) {
            return new Decision(Action.TAKE_OVER, "D12", s.self().node(), sentence, "");
        }
        if (self.lastOwner() && s.missing().isEmpty()) {
            // a new generation also here: a target that does not connect again still believes to have been stopped with everything
            return new Decision(Action.TAKE_OVER, "D12", s.self().node(), sentence + " and " + vouchers(s), "");
        }
        return new Decision(s.waited() ? Action.STAY : Action.WAIT, "D12", "", sentence + (self.lastOwner()
                ? ", but " + names(s.missing()) + " may have been started since and cannot be asked" : "; the last source starts first"),
                "start it where it shall run: mirror_action TAG start");
    }

    private static Decision lastOwner(Situation s) {
        MirrorRecord self = s.self().record();
        if (!self.lastOwner()) {
            return null;
        }
        if (s.missing().isEmpty() && s.request() == Request.AUTO && !s.waited() && s.reachable().size() < s.peers().size()) {
            // without force it was not in service; but an answer, if there is one, comes in a moment
            return new Decision(Action.WAIT, "D13", "", s.self().node()
                    + " was the source, and gives every other node a moment to answer", "");
        }
        if (s.missing().isEmpty()) {
            return s.peers().isEmpty() || s.reachable().isEmpty()
                    ? new Decision(Action.START, "D13", s.self().node(), "no other node can have been source since" + worthless(s), "")
                    : new Decision(Action.START, self.dataCorrupt() ? "D3b" : "D4", s.self().node(), s.self().node()
                            + " was the last source, " + vouchers(s) + ", and none has newer data", "");
        }
        String sentence = s.self().node() + " was the source, and " + names(s.missing())
                + " cannot be asked whether it has taken over since" + takenBack(s);
        if (s.request() == Request.AUTO && !s.waited()) {
            return new Decision(Action.WAIT, "D3", "", sentence, "");
        }
        NodeFacts witness = s.witnessOfSuccessor();
        if (witness != null) {
            return new Decision(Action.BLOCK_DATA_CORRUPT, "G7", "", witness.node() + " was told of newer data than " + s.self().node()
                    + " has: another node has been source after it, and " + names(s.missing()) + " cannot be asked", "bring "
                    + names(s.missing()) + " up; to lose what was written there: mirror_action TAG force " + s.self().node());
        }
        return new Decision(Action.BLOCK_DATA_CORRUPT, "D3", "", sentence, "bring " + names(s.missing())
                + " up; or, if it certainly was not source after " + s.self().node() + ": mirror_action TAG force " + s.self().node());
    }

    private static String worthless(Situation s) {
        List<NodeFacts> worthless = s.worthless();
        return worthless.isEmpty() ? "" : ": " + names(worthless) + (worthless.size() == 1 ? " has" : " have")
                + " no whole copy, and nothing to take back";
    }

    /** Why it matters whether a copy answers that was not whole when this node saw it last. */
    private static String takenBack(Situation s) {
        List<NodeFacts> inResync = s.missingInResync();
        return inResync.isEmpty() ? "" : "; a resync over " + names(inResync)
                + " had not ended, and may have been taken back and the copy forced";
    }

    private static Decision target(Situation s) {
        MirrorRecord self = s.self().record();
        String source = self.sourceName();
        if (s.request() == Request.AUTO) {
            return new Decision(Action.WAIT, "D4", source, s.self().node() + " was not the last source and waits for "
                    + (source.isEmpty() ? "it" : source), "to take over here: mirror_action TAG start " + s.self().node());
        }
        if (self.diskState() == DiskState.UP_TO_DATE && !self.dataCorrupt()) {
            return new Decision(Action.TAKE_OVER, "D1", s.self().node(), s.self().node()
                    + " was in sync when it lost " + (source.isEmpty() ? "the source" : source) + " and takes over", "");
        }
        if (s.missing().isEmpty()) {
            return new Decision(Action.TAKE_OVER, "D1", s.self().node(), s.self().node()
                    + " is whole, " + vouchers(s) + ", and none has newer data", "");
        }
        return new Decision(Action.BLOCK, "D4", source, s.self().node() + " was restarted since it was in sync, and "
                + names(s.missing()) + " cannot be asked whether something was written meanwhile",
                "bring " + names(s.missing()) + " up; to lose what was written there: mirror_action TAG force " + s.self().node());
    }

    private static String vouchers(Situation s) {
        return s.reachable().size() < s.peers().size() && s.quorate() ? "a majority answers" : "every other node answers";
    }

    private static String names(List<NodeFacts> nodes) {
        return nodes.stream().map(NodeFacts::node).collect(Collectors.joining(" and "));
    }
}
