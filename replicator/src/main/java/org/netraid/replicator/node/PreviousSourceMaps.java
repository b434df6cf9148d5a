/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Base64;
import org.netraid.block.BlockError;
import org.netraid.replicator.decide.SourceRecords;

/** Takes over what the previous source's intent log knows (row D7): only then may the targets it wrote to be resynced partially. */
final class PreviousSourceMaps {

    private final SourceSide source;
    private final VolumeAgent agent;
    private boolean merging;

    PreviousSourceMaps(SourceSide source, VolumeAgent agent) {
        this.source = source;
        this.agent = agent;
    }

    /** Asks the previous source, unless that is under way. */
    void fetch(TargetConnection previous) {
        if (merging) {
            return;
        }
        merging = true;
        agent.context().request(previous.node(), PeerMessages.FETCH_DIRTY, agent.reportBody(), reply -> {
            if (source.isStopping()) {
                return;
            }
            if (!reply.isOk()) {
                agent.event("target " + previous.node() + ": its dirty chunks could not be fetched: " + reply.error());
                agent.context().loop().schedule(source.config().targets().reconnectNs(), () -> {
                    merging = false;
                    source.evaluateTargets();
                });
                return;
            }
            merge(reply.body());
        });
    }

    /** Takes over the maps of the previous source, for all targets. */
    void merge(JsonNode body) {
        Steps steps = new Steps(() -> {
            merging = false;
            merged();
        });
        JsonNode maps = body.path("maps");
        for (TargetConnection target : source.targets()) {
            for (String map : SourceRecords.mapsFor(agent.record(), agent.node(), target.node())) {
                mergeOne(target, maps.path(map), steps);
            }
        }
        steps.allBegun();
    }

    private void mergeOne(TargetConnection target, JsonNode map, Steps steps) {
        byte[] bytes = decode(map);
        steps.begin();
        BlockError refused = bytes == null ? BlockError.EINVAL : source.log().mergeDirty(1 << target.slot, bytes, error -> steps.end());
        if (refused.isError()) {
            agent.event("target " + target.node() + ": the previous source does not know what it lacks; everything is sent");
            source.mirror().fullResync(target.slot);
            steps.end();
        }
    }

    private static byte[] decode(JsonNode map) {
        try {
            return map.isTextual() ? Base64.getDecoder().decode(map.asText()) : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private void merged() {
        if (source.isStopping()) {
            return;
        }
        if (agent.write(SourceRecords.merged(agent.record()))) {
            agent.event("D7: the previous source's dirty chunks are merged");
            source.evaluateTargets();
        }
    }
}
