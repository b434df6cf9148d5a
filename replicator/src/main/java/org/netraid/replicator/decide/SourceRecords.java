/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.decide;

import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.netraid.intentlog.SlotState;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.PeerRecord;

/**
 * What a source's durable record becomes at each step in and out of service. Pure: a record in, the next one out; the caller makes it
 * durable before it does what the record says.
 */
public final class SourceRecords {

    private SourceRecords() {
    }

    // ---- going in service

    /**
     * @param now the record before
     * @param takesOver in place of another: a new generation
     * @param others names of the other members in the configuration
     * @param newId source of generations
     * @return last_owner and the generation; the mirror is not in service yet
     */
    public static MirrorRecord entering(MirrorRecord now, boolean takesOver, List<String> others, LongSupplier newId, long sizeBytes,
            int chunkBytes) {
        MirrorRecord.Builder next = now.with().lastOwner(true).dataCorrupt(false).stoppedClean(false).stayStopped(false).resyncSource("")
                .diskState(DiskState.UP_TO_DATE).size(sizeBytes, chunkBytes);
        for (String other : others) {
            if (now.knownPeer(other).isEmpty()) {
                next.peer(PeerRecord.empty(other));
            }
        }
        List<PeerRecord> dropped = now.peers().stream().filter(peer -> mayPassForWhole(peer) && !others.contains(peer.node())).toList();
        if (isMixture(now)) {
            forkOff(now, next, newId);
        } else if (takesOver) {
            takeOver(now, next, newId);
        } else if (!dropped.isEmpty()) {
            trackFromNow(now, next, newId);
        }
        for (PeerRecord peer : dropped) {
            next.peer(trackedFrom(now, peer).withInconsistent(true));
        }
        return next.build();
    }

    /** Only the second word puts such a copy in service. */
    public static boolean isMixture(MirrorRecord copy) {
        return copy.diskState() == DiskState.INCONSISTENT || copy.diskState() == DiskState.FAILED;
    }

    /**
     * A mixture goes in service, by the second word. Its source may be alive, and has what it lacks: for all who have that one's data this
     * is a split brain. What a mixture differs in from others is not known.
     */
    private static void forkOff(MirrorRecord now, MirrorRecord.Builder next, LongSupplier newId) {
        next.generations(now.generations().fork(newId.getAsLong())).logActive(false).previousSource("").waitUntilMillis(0);
        for (PeerRecord peer : now.peers()) {
            next.peer(peer.withBitmapGeneration(0).withStale(true).withInconsistent(true).withNeedsMerge(false).withMayHold(false)
                    .withNoWayBack(false));
        }
    }

    /** The peer, from the moment on at which this node's generation changes without it. */
    private static PeerRecord trackedFrom(MirrorRecord now, PeerRecord peer) {
        long since = peer.bitmapGeneration() == 0 ? now.generations().current() : peer.bitmapGeneration();
        return peer.withBitmapGeneration(since).withStale(true).withMayHold(false);
    }

    /**
     * A new generation because a member that was in sync is no longer in the configuration: nobody tracks what it misses, and with the
     * old generation it would pass for a whole copy. The others take the new one when they connect; what they lack stays in the log.
     */
    private static void trackFromNow(MirrorRecord now, MirrorRecord.Builder next, LongSupplier newId) {
        next.generations(now.generations().successor(newId.getAsLong()));
        for (PeerRecord peer : now.peers()) {
            if (peer.bitmapGeneration() == 0 || peer.mayHold()) {
                next.peer(trackedFrom(now, peer));
            }
        }
    }

    /** A new generation; everybody else is tracked from the one before, and perhaps only the previous source knows what they lack. */
    private static void takeOver(MirrorRecord now, MirrorRecord.Builder next, LongSupplier newId) {
        next.generations(now.generations().successor(newId.getAsLong()));
        boolean logContinues = now.logActive() || now.lastOwner();
        String last = now.resyncSource().isEmpty() ? now.sourceName() : now.resyncSource();
        String previous = logContinues ? now.previousSource() : last;
        boolean anyMerge = false;
        for (PeerRecord peer : now.peers()) {
            PeerRecord tracked = peer.bitmapGeneration() == 0 || peer.mayHold() ? trackedFrom(now, peer) : peer;
            if (!logContinues) {
                boolean merge = !peer.inconsistent() && peer.member() && (!now.stoppedClean() || peer.stale());
                tracked = tracked.withNeedsMerge(merge && !previous.isEmpty()).withInconsistent(peer.inconsistent() || merge
                        && previous.isEmpty());
                anyMerge |= merge;
            }
            next.peer(tracked);
        }
        if (!logContinues) {
            next.logActive(false).previousSource(anyMerge ? previous : "").waitUntilMillis(0);
        }
    }

    /** The log has its slots; from here on it is believed after a crash. */
    public static MirrorRecord inService(MirrorRecord now) {
        return now.with().logActive(true).inService(true).build();
    }

    /**
     * What a log that knows nothing of a target says of it.
     *
     * @param known what the record says
     * @param logIsNew the log was just made, with all bits clear, and it never failed
     */
    public static SlotState firstSlotState(PeerRecord known, boolean logIsNew) {
        return logIsNew && !known.inconsistent() ? SlotState.TRACKING : SlotState.FULL_RESYNC;
    }

    // ---- targets

    /** True if the record says that the target has everything of this generation. */
    public static boolean countsAsInSync(PeerRecord known) {
        return known.bitmapGeneration() == 0 && !known.inconsistent();
    }

    /** True if the target may pass for a whole copy of this generation: it must not miss a write while it does. */
    public static boolean mayPassForWhole(PeerRecord known) {
        return countsAsInSync(known) || known.mayHold();
    }

    /**
     * True if writes must not be acknowledged before the generation has changed.
     *
     * @param inSync the target gets all writes and has everything
     * @param replicates it gets all writes
     */
    public static boolean mustBeLeftBehind(PeerRecord known, boolean inSync, boolean replicates) {
        return countsAsInSync(known) ? !inSync : known.mayHold() && !replicates;
    }

    /**
     * A new generation, because those named are about to miss a write that is acknowledged.
     *
     * @param asked targets in sync that are asked to take it: until they have, they are tracked from the generation before
     */
    public static MirrorRecord leftBehind(MirrorRecord now, List<String> missing, List<String> asked, LongSupplier newId) {
        long before = now.generations().current();
        MirrorRecord.Builder next = now.with().generations(now.generations().successor(newId.getAsLong()));
        for (PeerRecord peer : now.peers()) {
            if (missing.contains(peer.node())) {
                next.peer(trackedFrom(now, peer));
            } else if (asked.contains(peer.node()) && countsAsInSync(peer)) {
                next.peer(peer.withBitmapGeneration(before).withMayHold(true));
            } else if (peer.inconsistent() && peer.bitmapGeneration() == 0) {
                next.peer(peer.withBitmapGeneration(before));
            }
        }
        return next.build();
    }

    /** Targets in sync have taken this node's generation. */
    public static MirrorRecord haveAdopted(MirrorRecord now, List<String> targets) {
        MirrorRecord.Builder next = now.with();
        for (PeerRecord peer : now.peers()) {
            if (targets.contains(peer.node()) && peer.mayHold() && !peer.stale() && !peer.inconsistent()) {
                next.peer(peer.withBitmapGeneration(0).withMayHold(false));
            }
        }
        return next.build();
    }

    /** The target is about to be asked to take this node's generation, as a whole copy: from then on it may pass for one. */
    public static MirrorRecord mayBecomeWhole(MirrorRecord now, String target) {
        PeerRecord known = now.peer(target);
        return countsAsInSync(known) ? now : now.with().peer(known.withMayHold(true)).build();
    }

    /**
     * A resync over the target is about to begin.
     *
     * @param noWayBack the target has said that it keeps nothing of what it was; false if it does, or has not said
     */
    public static MirrorRecord resyncBegins(MirrorRecord now, String target, boolean noWayBack) {
        return now.with().peer(now.peer(target).withInconsistent(true).withMayHold(false).withNoWayBack(noWayBack)).build();
    }

    /**
     * What a node shows of its copy, if this one has taken it for nothing: it may be whole, or have become a mixture of something else.
     * Empty if that changes nothing here.
     */
    public static Optional<MirrorRecord> seen(String self, MirrorRecord now, NodeFacts peer) {
        MirrorRecord copy = peer.record();
        boolean asItWas = copy.mirrorId() != now.mirrorId()
                || copy.diskState() == DiskState.INCONSISTENT && copy.resyncSource().equals(self);
        return !peer.reachable() || asItWas || !now.peer(peer.node()).noWayBack() ? Optional.empty()
                : Optional.of(now.with().peer(now.peer(peer.node()).withNoWayBack(false)).build());
    }

    /** The target has recorded that it has everything. */
    public static MirrorRecord targetInSync(MirrorRecord now, String target) {
        return now.with().peer(now.peer(target).withBitmapGeneration(0).withStale(false).withInconsistent(false).withNeedsMerge(false)
                .withMayHold(false)).build();
    }

    public static MirrorRecord paused(MirrorRecord now, String target, boolean paused) {
        return now.with().peer(now.peer(target).withPaused(paused)).build();
    }

    // ---- the previous source

    /** The previous source's dirty chunks are in this node's log, durably. */
    public static MirrorRecord merged(MirrorRecord now) {
        MirrorRecord.Builder next = now.with().previousSource("").waitUntilMillis(0);
        now.peers().forEach(peer -> next.peer(peer.withNeedsMerge(false)));
        return next.build();
    }

    /**
     * Row S1: what this node and the target remember of recent writes is in this node's log, durably, and the target is marked
     * inconsistent: no other source can use it without sending everything.
     */
    public static MirrorRecord mergedAmongSurvivors(MirrorRecord now, String target) {
        return now.with().peer(now.peer(target).withNeedsMerge(false)).build();
    }

    /**
     * Which of the previous source's maps tell what a target lacks: what this node lacked there, and what the target lacked.
     *
     * @return names of members; a map that is not there means a full resync
     */
    public static List<String> mapsFor(MirrorRecord now, String self, String target) {
        if (!now.peer(target).needsMerge()) {
            return List.of();
        }
        return target.equals(now.previousSource()) ? List.of(self) : List.of(self, target);
    }

    // ---- the end of a split brain

    /** True if the generation at which one side began to track the other is that of the other side, or came after it in one line. */
    public static boolean trackFromOneMoment(MirrorRecord own, PeerRecord known, MirrorRecord theirs, PeerRecord knownThere) {
        long here = known.bitmapGeneration();
        long there = knownThere.bitmapGeneration();
        return here != 0 && there != 0 && (here == there || own.generations().hasAncestorSince(there, here)
                || theirs.generations().hasAncestorSince(here, there));
    }

    // ---- leaving service

    /**
     * @param clean everything was flushed, and targets in sync know that they have everything
     * @param stay an operator wants it: not to start again by itself
     */
    public static MirrorRecord left(MirrorRecord now, boolean clean, boolean stay) {
        return now.with().inService(!clean).stoppedClean(clean).stayStopped(stay).build();
    }

    /** Another node has taken over. */
    public static MirrorRecord steppedDown(MirrorRecord now) {
        return now.with().inService(false).build();
    }

    /** Another node has gone in service at this one's request. */
    public static MirrorRecord handedOver(MirrorRecord now) {
        return now.with().lastOwner(false).build();
    }
}
