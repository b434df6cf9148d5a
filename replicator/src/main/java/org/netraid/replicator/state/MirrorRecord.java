/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.state;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Everything a node knows durably about its copy of one mirror. Immutable; replaced as a whole by {@link MirrorStateStore}.
 *
 * @param mirrorId random identity given at {@code create}; 0: never created here
 * @param generations data generation of the copy
 * @param diskState what the copy is worth
 * @param lastOwner this node is, or was last, the source (flag file {@code <tag>_last_owner})
 * @param sourceName the source when this node was last in sync as a target, "" if never (flag file {@code <tag>_source})
 * @param dataCorrupt it could not be proven that this copy is the newest (flag file {@code <tag>_data_corrupt})
 * @param inService true from going in service until the stop in order: found true at boot means that the source crashed
 * @param logActive the intent log of this node belongs to its generation: it records what others lack
 * @param stoppedClean the mirror was stopped in order while this copy had everything
 * @param stayStopped an operator has stopped it: it does not start by itself
 * @param previousSource source before this one, whose dirty chunks have not been merged; "" if none is waited for
 * @param waitUntilMillis wall-clock end of the wait for it, for restarts; 0: not begun, -1: for ever
 * @param resyncSource source whose resync over this copy has not ended; "" if none
 * @param sizeBytes size of the mirror; 0 if not known
 * @param chunkBytes bytes per dirty bit; 0 if not known
 * @param peers the other members
 */
public record MirrorRecord(long mirrorId, Generations generations, DiskState diskState, boolean lastOwner, String sourceName,
        boolean dataCorrupt, boolean inService, boolean logActive, boolean stoppedClean, boolean stayStopped,
        String previousSource, long waitUntilMillis, String resyncSource, long sizeBytes, int chunkBytes, List<PeerRecord> peers) {

    /** A node that never was part of the mirror. */
    public static final MirrorRecord NEW = new MirrorRecord(0, Generations.NONE, DiskState.INCONSISTENT, false, "", false, false, false,
            false, false, "", 0, "", 0, 0, List.of());

    public MirrorRecord {
        peers = List.copyOf(peers);
    }

    /** True if the mirror was ever created as far as this node knows. */
    public boolean created() {
        return mirrorId != 0;
    }

    public Optional<PeerRecord> knownPeer(String node) {
        return peers.stream().filter(peer -> peer.node().equals(node)).findFirst();
    }

    /** What is known of the peer; {@link PeerRecord#unknown} if nothing is. */
    public PeerRecord peer(String node) {
        return knownPeer(node).orElseGet(() -> PeerRecord.unknown(node));
    }

    /** A builder that starts with this record's values. */
    public Builder with() {
        return new Builder(this);
    }

    /** Sets some fields of a new record. */
    public static final class Builder {
        private long mirrorId;
        private Generations generations;
        private DiskState diskState;
        private boolean lastOwner;
        private String sourceName;
        private boolean dataCorrupt;
        private boolean inService;
        private boolean logActive;
        private boolean stoppedClean;
        private boolean stayStopped;
        private String previousSource;
        private long waitUntilMillis;
        private String resyncSource;
        private long sizeBytes;
        private int chunkBytes;
        private final List<PeerRecord> peers;

        private Builder(MirrorRecord from) {
            mirrorId = from.mirrorId;
            generations = from.generations;
            diskState = from.diskState;
            lastOwner = from.lastOwner;
            sourceName = from.sourceName;
            dataCorrupt = from.dataCorrupt;
            inService = from.inService;
            logActive = from.logActive;
            stoppedClean = from.stoppedClean;
            stayStopped = from.stayStopped;
            previousSource = from.previousSource;
            waitUntilMillis = from.waitUntilMillis;
            resyncSource = from.resyncSource;
            sizeBytes = from.sizeBytes;
            chunkBytes = from.chunkBytes;
            peers = new ArrayList<>(from.peers);
        }

        public Builder mirrorId(long value) {
            mirrorId = value;
            return this;
        }

        public Builder generations(Generations value) {
            generations = value;
            return this;
        }

        public Builder diskState(DiskState value) {
            diskState = value;
            return this;
        }

        public Builder lastOwner(boolean value) {
            lastOwner = value;
            return this;
        }

        public Builder sourceName(String value) {
            sourceName = value;
            return this;
        }

        public Builder dataCorrupt(boolean value) {
            dataCorrupt = value;
            return this;
        }

        public Builder inService(boolean value) {
            inService = value;
            return this;
        }

        public Builder logActive(boolean value) {
            logActive = value;
            return this;
        }

        public Builder stoppedClean(boolean value) {
            stoppedClean = value;
            return this;
        }

        public Builder stayStopped(boolean value) {
            stayStopped = value;
            return this;
        }

        public Builder previousSource(String value) {
            previousSource = value;
            return this;
        }

        public Builder waitUntilMillis(long value) {
            waitUntilMillis = value;
            return this;
        }

        public Builder resyncSource(String value) {
            resyncSource = value;
            return this;
        }

        public Builder size(long bytes, int chunk) {
            sizeBytes = bytes;
            chunkBytes = chunk;
            return this;
        }

        /** Replaces what is known of the peer of the same name. */
        public Builder peer(PeerRecord value) {
            for (int i = 0; i < peers.size(); i++) {
                if (peers.get(i).node().equals(value.node())) {
                    peers.set(i, value);
                    return this;
                }
            }
            peers.add(value);
            return this;
        }

        public Builder peers(List<PeerRecord> values) {
            peers.clear();
            peers.addAll(values);
            return this;
        }

        public MirrorRecord build() {
            return new MirrorRecord(mirrorId, generations, diskState, lastOwner, sourceName, dataCorrupt, inService, logActive,
                    stoppedClean, stayStopped, previousSource, waitUntilMillis, resyncSource, sizeBytes, chunkBytes, peers);
        }
    }
}
