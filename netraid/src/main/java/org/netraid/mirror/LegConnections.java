/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.util.Optional;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockGeometry;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.SlotState;
import org.netraid.time.EventLoop;

/**
 * The connections of the targets: how one comes, when its target begins to replicate, and how it ends. Keeps the intent log's view in step:
 * a target that stops to replicate is declared lost there <em>before</em> any write that misses it can end.
 */
final class LegConnections implements CopyChannel.Watcher {

    private final Mirror mirror;
    private final IntentLog log;
    private final EventLoop loop;

    LegConnections(Mirror mirror, IntentLog log, EventLoop loop) {
        this.mirror = mirror;
        this.log = log;
        this.loop = loop;
    }

    Optional<String> connect(int slot, BlockDevice device, TargetCopy copy) {
        Leg leg = mirror.legs.leg(slot);
        Optional<String> refusal = refuse(leg, device);
        if (refusal.isPresent()) {
            return refusal;
        }
        leg.channel = new CopyChannel(slot, device, loop, this, leg.config.timeoutNs());
        mirror.legs.noteProtocol(leg);
        leg.state = LegState.CONNECTED;
        leg.copy = copy;
        leg.flushedBytes = leg.bytesWritten;
        if (!leg.paused) {
            offer(leg);
        }
        return Optional.empty();
    }

    private Optional<String> refuse(Leg leg, BlockDevice device) {
        if (leg.config == null) {
            return Optional.of("mirror " + mirror.name() + " has no target in slot " + leg.slot);
        }
        String who = "target " + leg.nodeName() + " of mirror " + mirror.name() + " refused: ";
        BlockGeometry own = mirror.geometry();
        BlockGeometry its = device.geometry();
        if (leg.channel != null) {
            return Optional.of(who + "it is connected already, as " + leg.channel.device.name());
        }
        if (leg.previousChannel != null && leg.previousChannel.orphans() > 0) {
            return Optional.of(who + "its previous connection " + leg.previousChannel.device.name() + " still holds "
                    + leg.previousChannel.orphans() + " commands; try again when it has let go of them");
        }
        if (its.sizeBytes() < own.sizeBytes()) {
            return Optional.of(who + device.name() + " has " + its.sizeBytes() + " bytes, the mirror " + own.sizeBytes()
                    + "; it must be at least as large");
        }
        if (its.minBlockBytes() > own.minBlockBytes()) {
            return Optional.of(who + device.name() + " works in blocks of " + its.minBlockBytes() + " bytes, the mirror was created with "
                    + own.minBlockBytes() + "; create the mirror with blocks of " + its.minBlockBytes());
        }
        if (device.can(BlockCapability.READ_ONLY)) {
            return Optional.of(who + device.name() + " is read-only");
        }
        return Optional.empty();
    }

    /** The target is ready: in sync at once if nothing is missing, else it waits for the resync to mark it. */
    void offer(Leg leg) {
        leg.offerWhenDrained = leg.channel.orphans() > 0;
        // Nothing is copied to it before the log knows durably how it stands: a crash would find the state before.
        leg.offerWhenDurable = leg.logOrders > 0;
        if (leg.offerWhenDrained || leg.offerWhenDurable) {
            return;
        }
        if (mirror.replays.begin(leg)) {
            return;
        }
        boolean clean = !leg.stale && leg.copy.isUsable() && log.slotState(leg.slot) == SlotState.TRACKING
                && log.dirtyChunks(leg.slot) == 0;
        if (mirror.standIns.isWithoutLocal() && !clean) {
            leg.lastError = StandIns.WAITS_FOR_LOCAL;
        } else if (clean) {
            replicate(leg, LegState.IN_SYNC);
            mirror.listeners.legConnected(leg.slot, false);
            mirror.listeners.legInSync(leg.slot);
        } else {
            mirror.listeners.legConnected(leg.slot, true);
        }
    }

    /** The target has what an earlier life had queued for it, or cannot get it; its resync may begin. */
    void replayEnded(Leg leg) {
        if (leg.channel != null && leg.state == LegState.CONNECTED && !leg.paused) {
            offer(leg);
        }
    }

    /** From now on the target gets every write. */
    void replicate(Leg leg, LegState state) {
        log.targetConnected(leg.slot);
        leg.state = state;
        mirror.legs.setReplicates(leg, true);
        mirror.replays.forget(leg.slot, "");
        if (state == LegState.IN_SYNC) {
            mirror.streams.journal().inSync(leg.slot);
        }
    }

    /** For whoever is in the middle of a walk over the queues. */
    void loseSoon(Leg leg, String reason) {
        CopyChannel channel = leg.channel;
        loop.execute(() -> {
            if (leg.channel == channel) {
                lose(leg.slot, reason);
            }
        });
    }

    /** The connection is gone or given up. Does nothing if there is none. */
    void lose(int slot, String reason) {
        Leg leg = mirror.legs.leg(slot);
        CopyChannel channel = leg.channel;
        if (channel == null) {
            return;
        }
        leg.channel = null;
        mirror.legs.noteProtocol(leg);
        leg.previousChannel = channel;
        leg.lastError = reason;
        leg.losses++;
        stop(leg, channel, LegState.DISCONNECTED);
        // Not close: a target that hangs would keep the application's buffers until it deigns to answer.
        channel.device.abort(reason, () -> { });
        mirror.listeners.replicationStopped(slot);
        mirror.listeners.legLost(slot, reason);
        mirror.payloads.onFreed();
    }

    /** Ends replication: first the log, then the commands under way, then the requests that counted on the target. */
    private void stop(Leg leg, CopyChannel channel, LegState state) {
        boolean replicated = leg.replicates();
        leg.state = state;
        leg.settling = false;
        mirror.catchUps.forget(leg.slot);
        leg.ahead = false;
        leg.offerWhenDrained = false;
        leg.offerWhenDurable = false;
        mirror.legs.setReplicates(leg, false);
        mirror.replays.abort(leg.slot);
        if (replicated) {
            mirror.orders.declareStale(leg);
        }
        channel.abandon();
        if (replicated) {
            mirror.news.stopped(leg.slot);
        }
    }

    /** Stops replication but keeps the connection. */
    void detach(Leg leg) {
        if (leg.channel != null) {
            stop(leg, leg.channel, LegState.CONNECTED);
            mirror.listeners.replicationStopped(leg.slot);
            mirror.payloads.onFreed();
        }
    }

    // ---- what the devices say

    @Override
    public void onError(CopyChannel channel, DeviceOp op) {
        Leg leg = mirror.legs.leg(channel.slot);
        if (op.isRead() && mirror.standIns.isLastCopy(leg)) {
            leg.lastError = op.errorText();
            return;
        }
        if (leg.channel == channel) {
            leg.flushFailed |= op.isFlushFailure();
            lose(leg.slot, op.errorText());
        }
    }

    @Override
    public void onTimeout(CopyChannel channel, DeviceOp oldest) {
        Leg leg = mirror.legs.leg(channel.slot);
        if (leg.channel == channel) {
            lose(leg.slot, "no answer from " + channel.device.name() + " for " + leg.config.timeoutNs() / 1_000_000 + " ms to "
                    + (oldest == null ? "commands it was told to give up" : oldest.describe()));
        }
    }

    @Override
    public void onDrained(CopyChannel channel) {
        Leg leg = mirror.legs.leg(channel.slot);
        if (leg.channel == channel && leg.offerWhenDrained && !leg.paused) {
            offer(leg);
        }
    }
}
