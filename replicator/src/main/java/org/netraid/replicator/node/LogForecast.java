/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.netraid.block.BlockDevice;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.DiskIntentLog;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.IntentLogConfig;
import org.netraid.intentlog.SlotState;
import org.netraid.replicator.decide.SourceRecords;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.PeerRecord;

/** What the intent log would say of each target if this node went in service now. The log on the disk stays as it is. */
final class LogForecast {

    /** @param dirtyBytes known to differ; {@link ResyncPreview#UNKNOWN_BYTES} if there is more that only the start finds out */
    record Slot(SlotState state, long dirtyChunks, long dirtyBytes) {
    }

    private final boolean isNew;
    private final String problem;
    private final boolean rolledBack;
    private final boolean writtenAside;
    private final TreeMap<String, Slot> slots = new TreeMap<>();

    private LogForecast(VolumeAgent agent, boolean isNew, String problem) {
        this.isNew = isNew;
        this.problem = problem;
        this.writtenAside = agent.exposure().wasWritten();
        this.rolledBack = agent.undo().files().readUndone().isPresent();
    }

    /** The caller holds the transition. */
    static void read(VolumeAgent agent, Consumer<LogForecast> done) {
        MirrorRecord own = agent.record();
        boolean hadFailed = !agent.logNotes().failure().isEmpty();
        if (!own.logActive() || hadFailed || SourceRecords.isMixture(own)) {
            done.accept(new LogForecast(agent, !hadFailed, ""));
            return;
        }
        IntentLogConfig config = SourceLog.geometry(agent, own.mirrorId(), own.sizeBytes(), own.chunkBytes());
        agent.context().env.disks().openIntentLog(agent.tag(), config.layout().sizeBytes(), opened -> {
            BlockDevice device = new MemoryWrites(opened, agent.context().loop());
            boolean[] answered = {false};
            DiskIntentLog.open(device, config, agent.context().loop(), FaultPoints.NONE, (log, error) -> {
                if (!answered[0]) {
                    answered[0] = true;
                    LogForecast forecast = of(agent, log, error);
                    device.close(() -> done.accept(forecast));
                }
            });
        }, error -> done.accept(new LogForecast(agent, false, error)));
    }

    private static LogForecast of(VolumeAgent agent, IntentLog log, String error) {
        if (log == null) {
            return new LogForecast(agent, false, error);
        }
        IntentLog.Recovery.Kind kind = log.recovery().kind();
        boolean read = kind == IntentLog.Recovery.Kind.CLEAN || kind == IntentLog.Recovery.Kind.CRASHED;
        LogForecast forecast = new LogForecast(agent, false, read ? "" : log.recovery().message());
        for (int slot = 0; slot < IntentLog.MAX_SLOTS && read; slot++) {
            if (log.slotState(slot) != SlotState.UNUSED) {
                long dirty = log.dirtyChunks(slot);
                forecast.slots.put(log.slotName(slot), new Slot(log.slotState(slot), dirty, dirty * log.chunkBytes()));
            }
        }
        return forecast;
    }

    /** Why it is not known; "" if it is. */
    String problem() {
        return problem;
    }

    /** @param known the target as the record has it once this node is in service */
    Slot of(PeerRecord known) {
        Slot logged = Optional.ofNullable(slots.get(known.node())).orElse(new Slot(SourceRecords.firstSlotState(known, isNew), 0, 0));
        if (writtenAside) {
            return new Slot(SlotState.FULL_RESYNC, 0, 0);
        }
        return rolledBack && logged.state() != SlotState.FULL_RESYNC
                ? new Slot(SlotState.STALE, Math.max(1, logged.dirtyChunks()), ResyncPreview.UNKNOWN_BYTES) : logged;
    }
}
