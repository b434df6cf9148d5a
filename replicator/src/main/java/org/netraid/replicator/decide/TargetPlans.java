/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.decide;

import org.netraid.intentlog.SlotState;
import org.netraid.replicator.decide.TargetPlan.Kind;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.PeerRecord;
import org.netraid.replicator.state.Role;

/**
 * The second half of the table: which way data flows between a source and one reachable target, and how much. Direction is always from
 * source to target; a target that would have to be the source instead is refused.
 *
 * <p>Guards: "no resync" needs zero bits (DRBD's pitfalls P19, P20) and a copy that is no mixture (P30): the state of the disk outranks
 * the number of bits.
 */
public final class TargetPlans {

    private TargetPlans() {
    }

    /**
     * @param source the node in service
     * @param target a reachable member
     * @param slot what the source's intent log knows of the target
     * @param dirtyChunks bits set there
     * @param waitIsOver the previous source is not waited for any longer
     */
    public static TargetPlan plan(NodeFacts source, NodeFacts target, SlotState slot, long dirtyChunks, boolean waitIsOver) {
        return plan(source, target, slot, dirtyChunks, waitIsOver, false);
    }

    /**
     * @param survivors what the source remembers from when it was a target, and what the target remembers, make up for the previous source
     */
    public static TargetPlan plan(NodeFacts source, NodeFacts target, SlotState slot, long dirtyChunks, boolean waitIsOver,
            boolean survivors) {
        Relation relation = Relation.between(source.node(), source.record(), target.node(), target.record());
        TargetPlan refusal = refuse(relation, source, target);
        if (refusal != null) {
            return refusal;
        }
        MirrorRecord self = source.record();
        PeerRecord known = self.peer(target.node());
        if (relation == Relation.PEER_NEW) {
            return slot == SlotState.TRACKING && !known.inconsistent() && dirtyChunks == 0
                    ? new TargetPlan(Kind.NO_RESYNC, "D12", target.node() + " is new and was declared equal", "")
                    : new TargetPlan(Kind.FULL, "D13", target.node() + " is new", "");
        }
        if (self.previousSource().equals(target.node())) {
            // before anything else: its log ends when it becomes a target, and others may need it even if it does not itself
            return mergeFirst(target.node());
        }
        if (survivors && known.needsMerge() && relation == Relation.SELF_NEWER && target.record().diskState() != DiskState.FAILED
                && (slot == SlotState.TRACKING || slot == SlotState.STALE)) {
            return new TargetPlan(Kind.PARTIAL, TargetPlan.SURVIVORS, target.node() + " and " + source.node()
                    + " remember what they got since " + self.previousSource() + " last said that all copies are equal", "");
        }
        if (waits(self, known, slot, waitIsOver)) {
            return new TargetPlan(Kind.WAIT_PREVIOUS_SOURCE, "D6", "only " + self.previousSource() + ", the source before, knows what "
                    + target.node() + " lacks", "bring " + self.previousSource() + " up; or copy everything: mirror_action TAG fullresync "
                    + source.node() + " " + target.node());
        }
        return amount(relation, source, target, slot, dirtyChunks, known);
    }

    /**
     * What a source does with a target out of service that an operator has given up.
     *
     * @param source the node in service
     */
    public static TargetPlan overwrite(MirrorRecord source, String target) {
        return source.previousSource().equals(target) ? mergeFirst(target)
                : new TargetPlan(Kind.FULL, "D10", "an operator gave up what " + target + " holds", "");
    }

    private static TargetPlan mergeFirst(String target) {
        return new TargetPlan(Kind.MERGE_FIRST, "D7", target + " was the source before; its dirty chunks come first", "");
    }

    /** True if the previous source's dirty chunks would make less of a resync; where everything is sent anyway they would not. */
    public static boolean waits(MirrorRecord source, PeerRecord known, SlotState slot, boolean waitIsOver) {
        return known.needsMerge() && !source.previousSource().isEmpty() && !waitIsOver && slot != SlotState.FULL_RESYNC;
    }

    private static TargetPlan refuse(Relation relation, NodeFacts source, NodeFacts target) {
        String cure = "to overwrite it: mirror_action TAG fullresync " + source.node() + " " + target.node();
        if (relation == Relation.OTHER_MIRROR || relation == Relation.UNRELATED) {
            return new TargetPlan(Kind.REFUSE, "X2", target.node() + " holds " + (relation == Relation.UNRELATED
                    ? "data with no ancestor in common" : "another mirror of the same tag"), cure);
        }
        if (relation == Relation.SPLIT_BRAIN || target.role() == Role.SOURCE && relation == Relation.EQUAL) {
            return new TargetPlan(Kind.SPLIT_BRAIN, "D19", "split brain: " + source.node() + " and " + target.node()
                    + " were both written since they last had the same data", "see both sides: mirror_action TAG split-brain; to keep "
                    + source.node() + ": mirror_action TAG resolve " + source.node() + " " + target.node());
        }
        if (target.role() == Role.SOURCE && relation.selfIsNewer()) {
            return new TargetPlan(Kind.REFUSE, "G7", target.node() + " is still in service with older data; it leaves service first", "");
        }
        if (relation.peerIsNewer()) {
            return new TargetPlan(Kind.REFUSE, "G10", target.node() + " has newer data than the source", cure);
        }
        return null;
    }

    private static TargetPlan amount(Relation relation, NodeFacts source, NodeFacts target, SlotState slot, long dirtyChunks,
            PeerRecord known) {
        MirrorRecord copy = target.record();
        if (copy.diskState() == DiskState.FAILED) {
            return new TargetPlan(Kind.REFUSE, "G14", "the disk of " + target.node() + " has failed",
                    "replace or repair it, then: mirror_action TAG fullresync " + source.node() + " " + target.node());
        }
        if (slot == SlotState.FULL_RESYNC || slot == SlotState.UNUSED) {
            return new TargetPlan(Kind.FULL, "D14", "the intent log of " + source.node() + " does not know what " + target.node()
                    + " lacks", "");
        }
        if (known.needsMerge()) {
            return new TargetPlan(Kind.FULL, "D8", "the previous source is not waited for any longer", "");
        }
        if (relation == Relation.SELF_NEWER_UNTRACKED) {
            return new TargetPlan(Kind.FULL, "D14", "what " + target.node() + " lacks was not tracked from its generation on", "");
        }
        if (copy.diskState() == DiskState.INCONSISTENT) {
            return copy.resyncSource().equals(source.node())
                    ? new TargetPlan(Kind.PARTIAL, "D2", "the interrupted resync of " + target.node() + " goes on", "")
                    : new TargetPlan(Kind.FULL, "D14", target.node() + " was left inconsistent by another source", "");
        }
        if (dirtyChunks == 0 && slot == SlotState.TRACKING) {
            return new TargetPlan(Kind.NO_RESYNC, "D12", target.node() + " has everything", "");
        }
        return new TargetPlan(Kind.PARTIAL, "D13", target.node() + " lacks " + dirtyChunks + " chunks", "");
    }
}
