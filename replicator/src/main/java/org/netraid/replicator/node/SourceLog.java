/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.UUID;
import java.util.function.Consumer;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.DiskIntentLog;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.IntentLogConfig;
import org.netraid.intentlog.IntentLogLayout;
import org.netraid.intentlog.IntentWaiter;
import org.netraid.intentlog.LogProbe;
import org.netraid.intentlog.LogReshape;
import org.netraid.intentlog.NoIntentLog;
import org.netraid.intentlog.format.Superblock;
import org.netraid.replicator.config.IntentLogSettings;
import org.netraid.replicator.config.LogFailureAction;
import org.netraid.replicator.config.MirrorConfig;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.decide.SourceRecords;

/**
 * The intent log of a source: opens it, gives it another geometry when the configuration or a resize asks for one, and carries out
 * {@code intent_log_failure}.
 *
 * <p>Another geometry is a new log beside the old one that takes its name when it is whole, so a crash finds one or the other and
 * the next start goes on from there.
 */
final class SourceLog {

    /** Told once: the log, or what failed. */
    interface Ready {
        void onReady(IntentLog log, String error);
    }

    private final VolumeAgent agent;
    private final NodeContext context;
    private final MirrorConfig config;
    private final LogNotes notes;
    private IntentLogConfig wanted;
    private Ready ready;
    private BlockDevice device;
    private DiskIntentLog log;
    /** Why there is no log on a device at all; empty if there is one. */
    private String without = "";

    SourceLog(VolumeAgent agent) {
        this.agent = agent;
        this.context = agent.context();
        this.config = agent.config();
        this.notes = agent.logNotes();
    }

    // ---- opening

    void open(long sizeBytes, Ready whenReady) {
        ready = whenReady;
        IntentLogSettings settings = config.intentLog();
        String problem = IntentLogLayout.problem(sizeBytes, settings.chunkBytes(), room(settings, sizeBytes));
        if (problem != null) {
            ready.onReady(null, "intent log: " + problem);
            return;
        }
        wanted = geometry(agent, agent.record().mirrorId(), sizeBytes, settings.chunkBytes());
        // what a mixture differs in from others no log knows
        boolean believed = agent.record().logActive() && !hadFailed() && !SourceRecords.isMixture(agent.record());
        context.env.disks().openIntentLog(config.tag(), wanted.layout().sizeBytes(), opened -> {
            device = opened;
            if (believed) {
                LogProbe.read(device, this::compare);
            } else {
                DiskIntentLog.create(device, wanted, context.loop(), FaultPoints.NONE, this::onOpened);
            }
        }, this::cannotBeUsed);
    }

    /** What the log of a mirror of this size is opened with, as far as the configuration decides it. */
    static IntentLogConfig geometry(VolumeAgent agent, long mirrorId, long sizeBytes, int chunkBytes) {
        IntentLogSettings settings = agent.config().intentLog();
        int room = room(settings, sizeBytes);
        int steady = settings.hotExtents() == IntentLogSettings.AUTO ? IntentLogLayout.DEFAULT_AL_SLOTS : room;
        return IntentLogConfig.of(new UUID(0, mirrorId), agent.node(), sizeBytes).withChunkBytes(chunkBytes)
                .withAlSlots(room, steady).withCoolAfterNs(settings.coolAfterNs());
    }

    static int room(IntentLogSettings settings, long sizeBytes) {
        return settings.hotExtents() == IntentLogSettings.AUTO ? IntentLogLayout.roomFor(sizeBytes) : settings.hotExtents();
    }

    /** True if an earlier life could not write the log: it tells nothing, and no target may be taken for equal. */
    boolean hadFailed() {
        return !notes.failure().isEmpty();
    }

    private void compare(Superblock found) {
        boolean isOurs = found != null && found.mirrorId().equals(wanted.mirrorId());
        boolean sameSize = isOurs && found.deviceSizeBytes() == wanted.deviceSizeBytes();
        boolean same = sameSize && found.chunkBytes() == wanted.chunkBytes() && found.alSlots() == wanted.alSlots();
        boolean mayChangeSize = notes.resizeBytes() == wanted.deviceSizeBytes();
        if (isOurs && !same && (sameSize || mayChangeSize)) {
            reshape(geometry(agent, agent.record().mirrorId(), found.deviceSizeBytes(), found.chunkBytes()).withAlSlots(found.alSlots()));
        } else {
            DiskIntentLog.open(device, wanted, context.loop(), FaultPoints.NONE, this::onOpened);
        }
    }

    private void onOpened(DiskIntentLog opened, String error) {
        if (log != null || !without.isEmpty()) {
            return;
        }
        if (opened == null) {
            cannotBeUsed(error);
            return;
        }
        log = opened;
        if (config.intentLog().onFailure() == LogFailureAction.DEGRADE) {
            log.onDeviceFailure(this::goOnWithout);
        }
        ready.onReady(log, "");
    }

    private void cannotBeUsed(String error) {
        if (config.intentLog().onFailure() == LogFailureAction.STOP) {
            ready.onReady(null, error);
        } else if (!notes.recordFailure(error)) {
            ready.onReady(null, error + "; nor can the state folder be written");
        } else {
            without = error;
            agent.event(failure());
            ready.onReady(new NoIntentLog(wanted.deviceSizeBytes(), wanted.chunkBytes(), context.loop()), "");
        }
    }

    // ---- another geometry

    private void reshape(IntentLogConfig old) {
        DiskIntentLog.open(device, old, context.loop(), FaultPoints.NONE, (from, error) -> {
            if (from == null) {
                notReshaped(error);
                return;
            }
            agent.event(from.recovery().message());
            from.close(closed -> {
                if (closed.isError()) {
                    notReshaped(from.failure());
                } else {
                    makeNew(from);
                }
            });
        });
    }

    private void makeNew(DiskIntentLog from) {
        boolean[] answered = {false};
        context.env.disks().openNewIntentLog(config.tag(), wanted.layout().sizeBytes(), fresh -> DiskIntentLog.create(fresh, wanted,
                context.loop(), FaultPoints.NONE, (to, error) -> {
            if (answered[0]) {
                return;
            }
            answered[0] = true;
            if (to == null) {
                fresh.close(() -> notReshaped(error));
                return;
            }
            LogReshape.carryOver(from, to, carried -> fresh.close(() -> {
                if (carried.isError()) {
                    notReshaped(to.failure());
                } else {
                    takeItsPlace(from);
                }
            }));
        }), this::notReshaped);
    }

    private void takeItsPlace(DiskIntentLog from) {
        BlockDevice oldDevice = device;
        device = null;
        oldDevice.close(() -> context.env.disks().replaceIntentLog(config.tag(), () -> {
            agent.event("the intent log is made anew for " + wanted.deviceSizeBytes() + " bytes in chunks of " + wanted.chunkBytes()
                    + " with room for " + wanted.alSlots() + " hot extents (before: " + from.layout().deviceSizeBytes() + ", "
                    + from.layout().chunkBytes() + ", " + from.layout().alSlots() + "); what was dirty stays dirty");
            context.env.disks().openIntentLog(config.tag(), wanted.layout().sizeBytes(), opened -> {
                device = opened;
                DiskIntentLog.open(device, wanted, context.loop(), FaultPoints.NONE, this::onOpened);
            }, this::cannotBeUsed);
        }, this::notReshaped));
    }

    private void notReshaped(String error) {
        cannotBeUsed("the intent log cannot be made anew for " + wanted.deviceSizeBytes() + " bytes in chunks of " + wanted.chunkBytes()
                + ": " + error + "; the old one is as it was");
    }

    // ---- in service

    /** The slots and the record are durable: what was noted of an earlier log does not matter any more. */
    void inService() {
        notes.clearResize();
        if (without.isEmpty()) {
            notes.clearFailure();
        }
    }

    private void goOnWithout(String detail, IntentWaiter recorded) {
        boolean isRecorded = notes.recordFailure(detail);
        recorded.onIntent(isRecorded ? BlockError.NONE : BlockError.EIO);
        if (isRecorded) {
            agent.event(failure());
            agent.changed();
        }
    }

    /** For status and log: how it stands, what follows, what to do; empty while the log works. */
    String failure() {
        String detail = without.isEmpty() ? log == null ? "" : log.degraded() : without;
        if (detail.isEmpty()) {
            return "";
        }
        return "THE INTENT LOG HAS FAILED (" + detail + "). The mirror goes on without it, as configured; when this node stops or dies, "
                + "every target needs a full resync. Repair what holds the log, then: mirror_action " + config.tag()
                + (without.isEmpty() ? " newlog" : " stop; mirror_action " + config.tag() + " start");
    }

    /** Puts a failed log, with all it knows in memory, on its repaired device. */
    void renew(Consumer<CommandResult> result) {
        String tag = config.tag();
        if (failure().isEmpty()) {
            result.accept(CommandResult.done("the intent log of " + tag + " works"));
        } else if (log == null) {
            result.accept(CommandResult.refused("", "the intent log could not be opened when " + tag + " was started; nothing is known to "
                    + "write to a new one", "mirror_action " + tag + " stop; mirror_action " + tag + " start"));
        } else {
            BlockDevice old = device;
            device = null;
            Runnable reopen = () -> context.env.disks().openIntentLog(tag, log.layout().sizeBytes(), opened -> {
                device = opened;
                log.reattach(opened, error -> renewed(error, result));
            }, error -> result.accept(stillFailed(error)));
            closeQuietly(old, reopen);
        }
    }

    private CommandResult stillFailed(String error) {
        return CommandResult.failed(ExitCode.DEVICE_ERROR, "", "the intent log cannot be made anew: " + error,
                "the mirror goes on without it as before");
    }

    private void renewed(BlockError error, Consumer<CommandResult> result) {
        if (error.isError()) {
            result.accept(stillFailed(error + " " + log.degraded()));
        } else if (!notes.clearFailure()) {
            result.accept(CommandResult.failed(ExitCode.DEVICE_ERROR, "", "the log is written anew, but the state folder cannot be: the "
                    + "next start will send everything", "repair the state folder, then: mirror_action " + config.tag() + " newlog"));
        } else {
            agent.event("the intent log is on its device again");
            agent.changed();
            result.accept(CommandResult.done("the intent log of " + config.tag() + " is on its device again; no target needs a full resync "
                    + "because of it"));
        }
    }

    /** For messages. */
    String name() {
        return device == null ? config.tag() + "'s intent log" : device.name();
    }

    void closeDevice(Runnable closed) {
        closeQuietly(device, closed);
    }

    private static void closeQuietly(BlockDevice open, Runnable closed) {
        if (open == null) {
            closed.run();
        } else {
            open.close(closed);
        }
    }
}
