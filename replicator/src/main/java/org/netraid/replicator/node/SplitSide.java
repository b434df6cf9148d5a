/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.function.Consumer;
import org.netraid.intentlog.format.DirtyMapCodec;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.Role;
import org.roaringbitmap.RoaringBitmap;

/**
 * One side of a split brain, as it sees itself.
 *
 * @param node whose
 * @param inService the application writes there
 * @param sinceMillis when it began to be written alone; 0: not known
 * @param changed chunks that the other side lacks; null: not known
 * @param chunkBytes bytes per chunk
 */
record SplitSide(String node, boolean inService, long sinceMillis, RoaringBitmap changed, int chunkBytes) {

    private static final DateTimeFormatter UTC = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    /** What this node knows of its own side, for {@link #of} there or here. */
    static void own(VolumeAgent agent, String other, Consumer<ObjectNode> done) {
        ObjectNode body = PeerMessages.object(agent.tag()).put("inService", agent.role() == Role.SOURCE)
                .put("since", agent.generationSince());
        if (agent.role() == Role.SOURCE && agent.source() != null && agent.source().log() != null) {
            body.set("maps", OwnMaps.of(agent, agent.source().log(), other));
            done.accept(body);
        } else if (!agent.transition().isEmpty()) {
            done.accept(body);
        } else {
            agent.beginTransition("reading its intent log");
            OwnMaps.read(agent, other, maps -> {
                if (maps != null) {
                    body.set("maps", maps);
                }
                agent.endTransition();
                done.accept(body);
            });
        }
    }

    /** @param other the other side: whose lack is meant */
    static SplitSide of(VolumeAgent agent, String node, String other, JsonNode body) {
        MirrorRecord record = agent.record();
        byte[] map = TargetRegions.decode(body.path("maps").path(other));
        RoaringBitmap changed = map.length == 0 ? null : DirtyMapCodec.decode(map, record.chunkBytes(), record.sizeBytes());
        return new SplitSide(node, body.path("inService").asBoolean(), body.path("since").asLong(), changed, record.chunkBytes());
    }

    boolean isKnown() {
        return changed != null;
    }

    long chunks() {
        return changed == null ? -1 : changed.getLongCardinality();
    }

    /** For people. */
    String text() {
        return node + ", " + (inService ? "in service" : "out of service") + ": " + amount() + (sinceMillis == 0 ? ""
                : " since " + UTC.format(Instant.ofEpochMilli(sinceMillis)));
    }

    /** How much changed. */
    String amount() {
        return changed == null ? "what changed is not known" : chunks() + " chunks (" + chunks() * chunkBytes + " bytes) changed";
    }
}
