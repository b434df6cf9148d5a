/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.decide;

import java.util.List;
import java.util.Optional;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.Generations;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.PeerRecord;

/**
 * What the durable record of a node that is not in service becomes when it boots, sees others, and serves a source; and what such a node
 * refuses. Pure: a record in, the next one out.
 */
public final class TargetRecords {

    private TargetRecords() {
    }

    // ---- by itself

    /** While the node was down it may have missed writes. */
    public static MirrorRecord booted(MirrorRecord own) {
        boolean mayHaveMissed = own.created() && !own.lastOwner() && !own.stoppedClean() && own.diskState() == DiskState.UP_TO_DATE;
        return mayHaveMissed ? own.with().diskState(DiskState.CONSISTENT).build() : own;
    }

    /** A node that shows this one, out of service, to be outdated: it may forget the newer copy otherwise, and take over from it later. */
    public static Optional<String> newerCopy(String self, MirrorRecord own, Iterable<NodeFacts> others) {
        if (own.created() && own.diskState().maySource()) {
            for (NodeFacts other : others) {
                if (other.reachable() && other.record().created() && other.record().diskState().maySource()
                        && Relation.between(self, own, other.node(), other.record()).peerIsNewer()) {
                    return Optional.of(other.node());
                }
            }
        }
        return Optional.empty();
    }

    /** Somebody has newer data: whatever this node had everything of, when it was stopped in order, is not the newest any more. */
    public static MirrorRecord outdated(MirrorRecord own) {
        return own.with().diskState(DiskState.OUTDATED).stoppedClean(false).build();
    }

    // ---- serving a source

    /**
     * Why a source may not have this node's disk; "" if it may.
     *
     * @param serves the source whose target this node is; null if it is nobody's
     * @param discard an operator has given up what this node holds
     */
    public static String refusal(String self, MirrorRecord own, NodeFacts serves, NodeFacts source, boolean discard) {
        if (discard) {
            return "";
        }
        if (own.diskState() == DiskState.FAILED) {
            return "G14: its disk has failed";
        }
        String loyal = serves == null || !serves.isInService() ? "" : stays(serves, source);
        if (!loyal.isEmpty()) {
            return loyal;
        }
        return switch (Relation.between(self, own, source.node(), source.record())) {
            case SELF_NEWER, SELF_NEWER_UNTRACKED, PEER_NEW -> "F1: stale source, this node has newer data ("
                    + Generations.text(own.generations().current()) + ")";
            case SPLIT_BRAIN -> "D19: split brain";
            case UNRELATED, OTHER_MIRROR -> "X2: its data have no ancestor in common with this copy";
            default -> "";
        };
    }

    /** This node's own generation does not tell yet whose copy it is becoming; and torn from one to the other it would be nobody's. */
    private static String stays(NodeFacts serves, NodeFacts source) {
        Relation relation = Relation.between(serves.node(), serves.record(), source.node(), source.record());
        if (relation == Relation.SPLIT_BRAIN) {
            return "D19: split brain between it and " + serves.node() + ", which is in service and whose target this node is";
        }
        return relation.selfIsNewer() ? "F1: stale source, " + serves.node() + ", whose target this node is, has newer data" : "";
    }

    /** From here on this node is a target: what it knew as a source has been taken over by the source before it asked. */
    public static MirrorRecord opened(String self, MirrorRecord own, NodeFacts source, TargetPlan.Kind kind, boolean discard) {
        boolean clean = kind == TargetPlan.Kind.NO_RESYNC;
        boolean takesOver = discard || !own.created();
        MirrorRecord.Builder next = (takesOver ? asTarget(adopted(self, own, source), source) : before(own, source)).with();
        if (takesOver) {
            // the generation says where the copy is going; until it is there, the disk state says that it is nothing yet
            next.diskState(clean ? DiskState.CONSISTENT : DiskState.INCONSISTENT).resyncSource(clean ? "" : source.node());
        } else if (clean && own.generations().current() != source.record().generations().current()) {
            // writes of the source's generation reach this copy from the first moment, and nobody else may take it for one of its own
            next = asTarget(adopted(self, own, source), source).with().diskState(DiskState.OUTDATED).sourceName(source.node());
        } else if (!clean && own.diskState().maySource()) {
            next.diskState(DiskState.OUTDATED);
        }
        return next.build();
    }

    /**
     * The record of the copy as it was before a source got the disk: what it is as a target, also when a resync over it is taken back. If
     * it was source itself, only its own log knows what others lack of it, and that ends here: if it is put in service again, they get
     * everything.
     */
    public static MirrorRecord before(MirrorRecord own, NodeFacts source) {
        MirrorRecord.Builder next = own.with();
        if (own.logActive() || own.lastOwner()) {
            own.peers().forEach(peer -> next.peer(peer.withInconsistent(true).withNeedsMerge(false)));
        }
        return asTarget(next.build(), source);
    }

    /** The record without what it said of this node as a source. */
    public static MirrorRecord asTarget(MirrorRecord copy, NodeFacts source) {
        MirrorRecord.Builder next = copy.with().lastOwner(false).dataCorrupt(false).inService(false).logActive(false).stoppedClean(false)
                .stayStopped(false).previousSource("").waitUntilMillis(0).mirrorId(source.record().mirrorId())
                .size(source.record().sizeBytes(), source.record().chunkBytes());
        copy.peers().forEach(peer -> next.peer(peer.withNoWayBack(false)));
        return next.build();
    }

    /** Before the first block of a resync is overwritten. */
    public static MirrorRecord inconsistent(MirrorRecord own, String source) {
        return own.with().diskState(DiskState.INCONSISTENT).resyncSource(source).build();
    }

    /** After the last one, or at once if nothing was missing. */
    public static MirrorRecord inSync(String self, MirrorRecord own, NodeFacts source) {
        return adopted(self, own, source).with().diskState(DiskState.UP_TO_DATE).resyncSource("").sourceName(source.node()).build();
    }

    /**
     * The source's generations, and what it knows of the others, become this node's; but not that a copy is worth nothing: it may become
     * whole in this very generation, and nobody might tell.
     */
    public static MirrorRecord adopted(String self, MirrorRecord own, NodeFacts source) {
        MirrorRecord.Builder next = own.with().generations(source.record().generations()).peers(List.of());
        for (PeerRecord peer : source.record().peers()) {
            if (!peer.node().equals(self)) {
                next.peer(peer.withPaused(false).withNoWayBack(false));
            }
        }
        return next.peer(PeerRecord.unknown(source.node())).build();
    }

    /** A source says that this node misses writes. Empty if that changes nothing here. */
    public static Optional<MirrorRecord> toldStale(String self, MirrorRecord own, NodeFacts source) {
        Relation relation = Relation.between(self, own, source.node(), source.record());
        boolean older = relation.peerIsNewer() || relation == Relation.EQUAL;
        return older && own.diskState().maySource() ? Optional.of(outdated(own)) : Optional.empty();
    }

    /**
     * The source has stopped in order. Empty if this node does not have everything. Nothing becomes whole in this generation any more: a
     * copy that is worth nothing to the source is worth nothing.
     */
    public static Optional<MirrorRecord> toldStopped(MirrorRecord own, NodeFacts source) {
        boolean equal = own.generations().current() == source.record().generations().current()
                && own.diskState() == DiskState.UP_TO_DATE;
        MirrorRecord.Builder next = own.with().stoppedClean(true);
        for (PeerRecord peer : own.peers()) {
            next.peer(peer.withNoWayBack(source.record().peer(peer.node()).noWayBack()));
        }
        return equal ? Optional.of(next.build()) : Optional.empty();
    }

    /** True if this node can go in service in place of a source that has stopped in order for it. */
    public static boolean canTakeOver(MirrorRecord own, NodeFacts from) {
        return own.diskState() == DiskState.UP_TO_DATE && own.stoppedClean()
                && own.generations().current() == from.record().generations().current();
    }

    /** True if this node's log can tell a new source what others lack. */
    public static boolean knowsDirtyChunks(String self, MirrorRecord own, NodeFacts source) {
        return own.logActive() && Relation.between(self, own, source.node(), source.record()) == Relation.PEER_NEWER;
    }

    /** True if this node's log is all there is to know of what that member lacks; else the source before this one knew more. */
    public static boolean knowsAllOf(PeerRecord known) {
        return !known.needsMerge();
    }
}
