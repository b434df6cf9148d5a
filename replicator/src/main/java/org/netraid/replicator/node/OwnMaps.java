/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Base64;
import java.util.function.Consumer;
import org.netraid.block.BlockDevice;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.DiskIntentLog;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.IntentLogConfig;
import org.netraid.intentlog.SlotState;
import org.netraid.replicator.decide.TargetRecords;
import org.netraid.replicator.state.MirrorRecord;

/** This node's own knowledge, as the last or present source, of what others lack: a dirty map for each. */
final class OwnMaps {

    private OwnMaps() {
    }

    /**
     * Reads the intent log of a mirror that is out of service here. The caller holds the transition.
     *
     * @param always a member whose map is wanted although the source before this node knew more of it; "" for none
     * @param done gets an object with a map for each member; null if the log tells nothing
     */
    static void read(VolumeAgent agent, String always, Consumer<ObjectNode> done) {
        MirrorRecord own = agent.record();
        if (!own.logActive() || !agent.logNotes().failure().isEmpty()) {
            done.accept(null);
            return;
        }
        IntentLogConfig config = SourceLog.geometry(agent, own.mirrorId(), own.sizeBytes(), own.chunkBytes());
        agent.context().env.disks().openIntentLog(agent.tag(), config.layout().sizeBytes(), device -> {
            boolean[] answered = {false};
            DiskIntentLog.open(device, config, agent.context().loop(), FaultPoints.NONE, (log, error) -> {
                if (!answered[0]) {
                    answered[0] = true;
                    export(agent, always, device, log, error, done);
                }
            });
        }, error -> {
            agent.event(error);
            done.accept(null);
        });
    }

    private static void export(VolumeAgent agent, String always, BlockDevice device, IntentLog log, String error,
            Consumer<ObjectNode> done) {
        if (log == null) {
            agent.event(error);
            device.close(() -> done.accept(null));
        } else {
            agent.event(log.recovery().message());
            ObjectNode maps = of(agent, log, always);
            log.close(closed -> device.close(() -> done.accept(maps)));
        }
    }

    /** The maps of an open log. */
    static ObjectNode of(VolumeAgent agent, IntentLog log, String always) {
        ObjectNode maps = PeerMessages.JSON.createObjectNode();
        for (int slot = 0; slot < IntentLog.MAX_SLOTS; slot++) {
            String name = log.slotName(slot);
            // what this node itself had not yet learnt from the source before it would be missing in the map
            boolean knowsAll = TargetRecords.knowsAllOf(agent.record().peer(name)) || name.equals(always);
            if (log.slotState(slot) == SlotState.UNUSED || !knowsAll) {
                continue;
            }
            byte[] map = log.exportDirty(1 << slot);
            if (map.length <= TargetRequests.MAX_DIRTY_MAP_BYTES) {
                maps.put(name, Base64.getEncoder().encodeToString(map));
            }
        }
        return maps;
    }
}
