/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.netraid.block.BlockError;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.SlotState;
import org.netraid.store.StateFolderException;

/**
 * Chunks that a roll-back has made older than the bits say. They become dirty before anybody relies on the bits: for the rolled-back target
 * when it gives its disk to a source, for everybody else when it goes in service itself.
 */
final class UndoneChunks {

    private UndoneChunks() {
    }

    /**
     * Takes over what a target says when it offers its disk.
     *
     * @param then runs when the chunks are dirty durably, or at once if the target says nothing
     */
    static void markTarget(SourceSide source, TargetConnection target, JsonNode reply, Runnable then) {
        mark(source, target, reply.path("undone"), () -> mark(source, target, reply.path("written"), then));
    }

    private static void mark(SourceSide source, TargetConnection target, JsonNode text, Runnable then) {
        if (!text.isTextual()) {
            then.run();
            return;
        }
        byte[] map = decode(text.asText());
        BlockError refused = map.length == 0 ? BlockError.EINVAL : source.log().mergeDirty(1 << target.slot, map, error -> then.run());
        if (refused.isError()) {
            source.mirror().fullResync(target.slot);
            then.run();
        }
    }

    private static byte[] decode(String text) {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }

    /** This node, rolled back, goes in service: nobody else has what it has. */
    static void markOwn(VolumeAgent agent, IntentLog log, List<TargetConnection> targets, Runnable then, Consumer<String> failed) {
        Optional<byte[]> undone = agent.exposure().wasWritten() ? Optional.of(new byte[0]) : agent.undo().files().readUndone();
        if (undone.isEmpty()) {
            then.run();
            return;
        }
        int mask = 0;
        for (TargetConnection target : targets) {
            mask |= 1 << target.slot;
        }
        Consumer<BlockError> marked = error -> {
            if (error.isError()) {
                failed.accept("the intent log cannot be written");
                return;
            }
            then.run();
        };
        if (undone.get().length == 0 || log.mergeDirty(mask, undone.get(), marked::accept).isError()) {
            everything(log, targets, marked);
        }
    }

    /** This node is in service, and its log is believed from now on. */
    static void forgetOwn(VolumeAgent agent) {
        try {
            agent.undo().files().deleteUndone();
            agent.exposure().settled();
        } catch (StateFolderException e) {
            agent.event(e.getMessage());
        }
    }

    private static void everything(IntentLog log, List<TargetConnection> targets, Consumer<BlockError> marked) {
        Steps steps = new Steps(marked);
        for (TargetConnection target : targets) {
            steps.begin();
            log.setSlot(target.slot, target.node(), SlotState.FULL_RESYNC, steps::end);
        }
        steps.allBegun();
    }
}
