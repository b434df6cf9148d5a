/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.netraid.block.BlockError;
import org.netraid.intentlog.IntentLog;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.PeerRecord;

/**
 * Row S1: a source that was a target of the one before needs nothing from that one to resync another of its targets. What this node
 * remembers of recent writes and what the other remembers are, together, all that the two copies may differ in.
 */
final class SurvivorRegions {

    private final VolumeAgent agent;
    /** What this node remembers from when it was a target; null: not known. */
    private byte[] own;
    /** Targets that remember nothing of use. */
    private final TreeSet<String> without = new TreeSet<>();

    SurvivorRegions(VolumeAgent agent) {
        this.agent = agent;
    }

    /**
     * Reads what this node remembers, if anybody may need it. Nothing of it changes: a restart reads it again.
     *
     * @param record with which the node goes in service
     */
    void load(MirrorRecord record, Runnable then) {
        if (record.peers().stream().noneMatch(PeerRecord::needsMerge) || !agent.regions().isWhole()) {
            then.run();
            return;
        }
        TargetRegions.openLog(agent, record, false, (opened, detail) -> {
            if (opened == null) {
                agent.event("what this node remembers of recent writes cannot be read: " + detail);
                then.run();
                return;
            }
            if (opened.log().recovery().kind() == IntentLog.Recovery.Kind.CLEAN
                    || opened.log().recovery().kind() == IntentLog.Recovery.Kind.CRASHED) {
                own = opened.log().exportDirty(1);
            }
            opened.log().close(error -> opened.device().close(then));
        });
    }

    /** True if the previous source is not needed for this target, as far as is known. */
    boolean mayServe(String target) {
        return own != null && !without.contains(target);
    }

    /** The target may remember more, or again: it has come anew. */
    void forgetRefusals(String target) {
        without.remove(target);
    }

    /**
     * Takes over what a target remembers.
     *
     * @param done true when the chunks are dirty durably; false if the target remembers nothing of use: the previous source is needed
     */
    void merge(IntentLog log, TargetConnection target, JsonNode reply, Consumer<Boolean> done) {
        byte[] theirs = TargetRegions.decode(reply.path("regions"));
        if (own == null || theirs.length == 0) {
            refuse(target, done);
            return;
        }
        BlockError refused = log.mergeDirty(1 << target.slot, own, first -> {
            BlockError second = log.mergeDirty(1 << target.slot, theirs, error -> {
                if (first.isError() || error.isError()) {
                    refuse(target, done);
                    return;
                }
                long chunks = log.dirtyChunks(target.slot);
                agent.event("S1: " + target.node() + " and this node differ in " + chunks + " chunks at most (" + chunks * log.chunkBytes()
                        + " bytes), by what both remember");
                done.accept(true);
            });
            if (second.isError()) {
                refuse(target, done);
            }
        });
        if (refused.isError()) {
            refuse(target, done);
        }
    }

    private void refuse(TargetConnection target, Consumer<Boolean> done) {
        without.add(target.node());
        done.accept(false);
    }
}
