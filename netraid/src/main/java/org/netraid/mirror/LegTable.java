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
import org.netraid.intentlog.IntentWaiter;
import org.netraid.intentlog.SlotState;
import org.netraid.time.EventLoop;

/**
 * The targets of one mirror and what becomes of them: members, connections, losses, pauses. Keeps the intent log's view in step:
 * a target that stops to replicate is declared lost there <em>before</em> any write that misses it can end.
 */
final class LegTable implements CopyChannel.Watcher {

    private static final String WAITS_FOR_LOCAL = "waits for the source's local disk, which has failed: mirror_action TAG attach";
    private static final long MIN_AHEAD_NS = 1_000_000_000L;
    private static final long MAX_AHEAD_NS = 60_000_000_000L;

    private final Mirror mirror;
    private final MirrorConfig config;
    private final IntentLog log;
    private final EventLoop loop;
    private final MirrorListener listener;
    private final Leg[] legs = new Leg[IntentLog.MAX_SLOTS];
    private int usedMask;
    private int replicatingMask;
    private int stalePendingMask;
    private int asyncMask;
    private int lazyFlushMask;
    private int receiptMask;
    /** The local disk is given up: targets in sync are all there is. */
    private boolean withoutLocal;

    LegTable(Mirror mirror, MirrorConfig config, IntentLog log, EventLoop loop, MirrorListener listener) {
        this.mirror = mirror;
        this.config = config;
        this.log = log;
        this.loop = loop;
        this.listener = listener;
        for (int slot = 0; slot < legs.length; slot++) {
            legs[slot] = new Leg(slot);
            SlotState state = log.slotState(slot);
            legs[slot].stale = state == SlotState.STALE || state == SlotState.FULL_RESYNC;
            usedMask |= state == SlotState.UNUSED ? 0 : 1 << slot;
        }
    }

    Leg leg(int slot) {
        return legs[slot];
    }

    /** Slots whose targets must end up with each write or with a dirty chunk. */
    int usedMask() {
        return usedMask;
    }

    /** Slots that get every new write. */
    int replicatingMask() {
        return replicatingMask;
    }

    /** Slots of protocol A that get every new write. */
    int asyncMask() {
        return asyncMask & replicatingMask;
    }

    /** Slots whose writes go through a queue. */
    int streamedMask() {
        return asyncMask | receiptMask | mirror.streams.backlogMask();
    }

    /** Slots of protocol B whose targets say when they have a write in memory. */
    int receiptMask() {
        return receiptMask;
    }

    /** Slots that an application's flush waits for. */
    int flushAwaitedMask() {
        return replicatingMask & ~lazyFlushMask;
    }

    /** Slots of which the log has not yet confirmed that they are stale. */
    int stalePendingMask() {
        return stalePendingMask;
    }

    // ---- members

    Optional<String> add(LegConfig member) {
        Leg leg = legs[member.slot()];
        String who = "target " + member.nodeName() + " of mirror " + config.tag() + " refused: ";
        if (leg.config != null) {
            return Optional.of(who + "slot " + member.slot() + " is taken by " + leg.nodeName());
        }
        if (member.systemId().equals(config.localSystemId())) {
            return Optional.of(who + "system " + member.systemId() + " is the source's own; each copy needs a system of its own");
        }
        for (Leg other : legs) {
            if (other.config != null && other.config.systemId().equals(member.systemId())) {
                return Optional.of(who + "system " + member.systemId() + " already holds the target " + other.nodeName()
                        + "; each copy needs a system of its own");
            }
        }
        String known = log.slotName(member.slot());
        if (log.slotState(member.slot()) != SlotState.UNUSED && !known.equals(member.nodeName())) {
            return Optional.of(who + "the intent log has slot " + member.slot() + " for " + known + "; remove that target first");
        }
        leg.config = member;
        leg.askedProtocol = member.protocol();
        noteProtocol(leg);
        if (log.slotState(member.slot()) == SlotState.UNUSED) {
            orderSlot(leg, SlotState.FULL_RESYNC, null);
        }
        use(leg);
        return Optional.empty();
    }

    Optional<String> remove(int slot, MirrorAction durable) {
        Leg leg = legs[slot];
        if (leg.config == null && log.slotState(slot) == SlotState.UNUSED) {
            return Optional.of("mirror " + config.tag() + " has no target in slot " + slot);
        }
        if (isLastCopy(leg)) {
            return refuseLastCopy(leg);
        }
        lose(slot, "removed from the mirror");
        mirror.replays.forget(slot, "");
        usedMask &= ~leg.bit();
        mirror.walk.onLegRemoved(slot);
        leg.config = null;
        noteProtocol(leg);
        leg.paused = false;
        leg.stale = false;
        log.setSlot(slot, "", SlotState.UNUSED, error -> durable.onDone(error,
                error.isError() ? "the intent log of mirror " + config.tag() + " could not free slot " + slot : ""));
        return Optional.empty();
    }

    /** Changes the protocol of a target from the next write on; what is queued by then keeps its order. */
    Optional<String> setProtocol(int slot, ReplicationProtocol protocol) {
        Leg leg = legs[slot];
        if (leg.config == null) {
            return Optional.of("mirror " + config.tag() + " has no target in slot " + slot);
        }
        leg.askedProtocol = protocol;
        noteProtocol(leg);
        if (mirror.streams.stream(slot).isEmpty()) {
            mirror.streams.journal().onDrained(leg);
        }
        return Optional.empty();
    }

    private void noteProtocol(Leg leg) {
        leg.protocol = withoutLocal ? ReplicationProtocol.C : leg.askedProtocol;
        boolean isAsync = leg.config != null && leg.protocol == ReplicationProtocol.A;
        boolean isLazy = leg.config != null && !leg.protocol.awaitsFlush();
        asyncMask = isAsync ? asyncMask | leg.bit() : asyncMask & ~leg.bit();
        boolean getsReceipts = leg.config != null && leg.protocol == ReplicationProtocol.B && leg.channel != null
                && leg.channel.givesReceipts();
        receiptMask = getsReceipts ? receiptMask | leg.bit() : receiptMask & ~leg.bit();
        lazyFlushMask = isLazy ? lazyFlushMask | leg.bit() : lazyFlushMask & ~leg.bit();
    }

    private void use(Leg leg) {
        if ((usedMask & leg.bit()) == 0) {
            usedMask |= leg.bit();
            mirror.walk.onLegAdded(leg.slot);
        }
    }

    // ---- connections

    Optional<String> connect(int slot, BlockDevice device, boolean targetIsConsistent, long generation, boolean isUnmarked) {
        Leg leg = legs[slot];
        Optional<String> refusal = refuse(leg, device);
        if (refusal.isPresent()) {
            return refusal;
        }
        leg.channel = new CopyChannel(slot, device, loop, this, leg.config.timeoutNs());
        noteProtocol(leg);
        leg.state = LegState.CONNECTED;
        leg.targetIsConsistent = targetIsConsistent;
        leg.isUnmarked = isUnmarked;
        leg.generation = generation;
        leg.flushedBytes = leg.bytesWritten;
        if (!leg.paused) {
            offer(leg);
        }
        return Optional.empty();
    }

    private Optional<String> refuse(Leg leg, BlockDevice device) {
        if (leg.config == null) {
            return Optional.of("mirror " + config.tag() + " has no target in slot " + leg.slot);
        }
        String who = "target " + leg.nodeName() + " of mirror " + config.tag() + " refused: ";
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
    private void offer(Leg leg) {
        leg.offerWhenDrained = leg.channel.orphans() > 0;
        // Nothing is copied to it before the log knows durably how it stands: a crash would find the state before.
        leg.offerWhenDurable = leg.logOrders > 0;
        if (leg.offerWhenDrained || leg.offerWhenDurable) {
            return;
        }
        if (mirror.replays.begin(leg)) {
            return;
        }
        boolean clean = !leg.stale && leg.targetIsConsistent && !leg.isUnmarked && log.slotState(leg.slot) == SlotState.TRACKING
                && log.dirtyChunks(leg.slot) == 0;
        if (withoutLocal && !clean) {
            leg.lastError = WAITS_FOR_LOCAL;
        } else if (clean) {
            replicate(leg, LegState.IN_SYNC);
            listener.legConnected(leg.slot, false);
            listener.legInSync(leg.slot);
        } else {
            listener.legConnected(leg.slot, true);
        }
    }

    /** The target has what an earlier life had queued for it, or cannot get it; its resync may begin. */
    void replayEnded(Leg leg) {
        if (leg.channel != null && leg.state == LegState.CONNECTED && !leg.paused) {
            offer(leg);
        }
    }

    private void replicate(Leg leg, LegState state) {
        log.targetConnected(leg.slot);
        leg.state = state;
        replicatingMask |= leg.bit();
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

    void lose(int slot, String reason) {
        Leg leg = legs[slot];
        CopyChannel channel = leg.channel;
        if (channel == null) {
            return;
        }
        leg.channel = null;
        noteProtocol(leg);
        leg.previousChannel = channel;
        leg.lastError = reason;
        leg.losses++;
        stop(leg, channel, LegState.DISCONNECTED);
        // Not close: a target that hangs would keep the application's buffers until it deigns to answer.
        channel.device.abort(reason, () -> { });
        listener.replicationStopped(slot);
        listener.legLost(slot, reason);
        mirror.walk.onMemoryFreed();
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
        replicatingMask &= ~leg.bit();
        mirror.replays.abort(leg.slot);
        if (replicated) {
            declareStale(leg);
        }
        channel.abandon();
        if (replicated) {
            mirror.walk.onLegStopped(leg.slot);
        }
    }

    /** The target's queue is over its limit, and the limit does not say that the application waits. */
    void fellBehind(int slot, String why) {
        Leg leg = legs[slot];
        if (isLastCopy(leg)) {
            return;
        }
        if (leg.config.queue().whenFull() == QueueLimit.WhenFull.DISCONNECT) {
            lose(slot, why);
            return;
        }
        if (mirror.catchUps.take(leg)) {
            return;
        }
        CopyChannel channel = leg.channel;
        leg.timesAhead = loop.nanoTime() - leg.inSyncNs < MAX_AHEAD_NS ? leg.timesAhead + 1 : 1;
        leg.lastError = why;
        detach(leg);
        leg.ahead = true;
        listener.legPulledAhead(slot, why);
        loop.schedule(aheadNs(leg), () -> {
            if (leg.channel == channel && leg.ahead && !leg.paused) {
                leg.ahead = false;
                offer(leg);
            }
        });
    }

    /** Gives up every target that still has something queued. */
    void dropBacklogs(String reason) {
        for (int rest = mirror.streams.backlogMask(); rest != 0; rest &= rest - 1) {
            lose(Integer.numberOfTrailingZeros(rest), reason);
        }
    }

    /** One second, doubled each time that the target was in sync for less than a minute. */
    private static long aheadNs(Leg leg) {
        return Math.min(MAX_AHEAD_NS, MIN_AHEAD_NS << Math.min(leg.timesAhead - 1, 10));
    }

    /** A write is about to go out without these targets: the log must know of each that it is stale. */
    void noteMissed(int slotMask) {
        for (Leg leg : legs) {
            if ((slotMask & leg.bit()) != 0 && !leg.stale) {
                if (leg.replicates()) {
                    // only this write goes past it: for the log it stays connected, else no chunk that the resync sends would ever be clean
                    orderSlot(leg, SlotState.STALE, null);
                } else {
                    declareStale(leg);
                }
            }
        }
    }

    private void declareStale(Leg leg) {
        leg.stale = true;
        ordered(leg);
        log.targetLost(leg.slot, orderDone(leg, null));
    }

    private void orderSlot(Leg leg, SlotState state, Runnable then) {
        leg.stale = state != SlotState.TRACKING;
        ordered(leg);
        log.setSlot(leg.slot, leg.nodeName(), state, orderDone(leg, then));
    }

    private void ordered(Leg leg) {
        leg.logOrders++;
        stalePendingMask |= leg.bit();
    }

    private IntentWaiter orderDone(Leg leg, Runnable then) {
        return error -> {
            leg.logOrders--;
            if (error.isError()) {
                mirror.life.fail("the intent log could not record that target " + leg.nodeName() + " is out of sync (" + error + ")");
                mirror.walk.onStaleFailed(leg.slot);
            }
            if (leg.logOrders == 0) {
                stalePendingMask &= ~leg.bit();
                mirror.walk.onStaleDurable(leg.slot);
            }
            if (then != null && !error.isError()) {
                then.run();
            } else if (leg.logOrders == 0 && leg.offerWhenDurable && leg.channel != null && !leg.paused && !leg.ahead && !error.isError()) {
                offer(leg);
            }
        };
    }

    // ---- in place of the local disk

    /** Targets that could stand in for the local disk: they have everything. */
    int wholeMask() {
        int mask = 0;
        for (Leg leg : legs) {
            mask |= leg.state == LegState.IN_SYNC && log.dirtyChunks(leg.slot) == 0 ? leg.bit() : 0;
        }
        return mask;
    }

    /** While the local disk is given up: the targets that stand in for it. */
    int copyMask() {
        int mask = 0;
        for (Leg leg : legs) {
            mask |= leg.state == LegState.IN_SYNC ? leg.bit() : 0;
        }
        return mask;
    }

    private boolean isLastCopy(Leg leg) {
        return withoutLocal && copyMask() == leg.bit();
    }

    /** Targets outside the mask get nothing more, since there is nothing left to resync them from. */
    void serveWithout(int copies) {
        withoutLocal = true;
        for (Leg leg : legs) {
            noteProtocol(leg);
            if (leg.replicates() && (copies & leg.bit()) == 0) {
                detach(leg);
                leg.lastError = WAITS_FOR_LOCAL;
            }
        }
    }

    void serveWithLocal() {
        withoutLocal = false;
        for (Leg leg : legs) {
            noteProtocol(leg);
            if (leg.channel != null && leg.state == LegState.CONNECTED && !leg.paused && !leg.ahead) {
                leg.lastError = "";
                offer(leg);
            }
        }
    }

    /** A target that has this range as the application knows it, without those tried; -1 if there is none. */
    int readableSlot(long offsetBytes, long lengthBytes, int triedMask) {
        for (Leg leg : legs) {
            if (leg.state == LegState.IN_SYNC && (triedMask & leg.bit()) == 0 && !isDirty(leg.slot, offsetBytes, lengthBytes)
                    && !mirror.streams.isLagging(leg.slot, offsetBytes, lengthBytes)) {
                return leg.slot;
            }
        }
        return -1;
    }

    /** True if a target will have the range as soon as its queue has passed. */
    boolean isLaggingCopy(long offsetBytes, long lengthBytes, int triedMask) {
        for (Leg leg : legs) {
            if (leg.state == LegState.IN_SYNC && (triedMask & leg.bit()) == 0 && !isDirty(leg.slot, offsetBytes, lengthBytes)
                    && mirror.streams.isLagging(leg.slot, offsetBytes, lengthBytes)) {
                return true;
            }
        }
        return false;
    }

    private boolean isDirty(int slot, long offsetBytes, long lengthBytes) {
        long dirty = log.nextDirtyChunk(slot, offsetBytes / log.chunkBytes());
        return dirty >= 0 && dirty <= (offsetBytes + lengthBytes - 1) / log.chunkBytes();
    }

    private Optional<String> refuseLastCopy(Leg leg) {
        return isLastCopy(leg) ? Optional.of("target " + leg.nodeName() + " of mirror " + config.tag() + " has the only copy: the source's "
                + "local disk has failed; bring that back first: mirror_action TAG attach") : Optional.empty();
    }

    // ---- operator

    Optional<String> pause(int slot) {
        Leg leg = legs[slot];
        if (leg.config == null) {
            return Optional.of("mirror " + config.tag() + " has no target in slot " + slot);
        }
        if (leg.paused) {
            return Optional.of("target " + leg.nodeName() + " of mirror " + config.tag() + " is paused already");
        }
        if (isLastCopy(leg)) {
            return refuseLastCopy(leg);
        }
        leg.paused = true;
        if (leg.replicates()) {
            // What is flushed need not be sent again.
            mirror.flushAll((error, detail) -> pauseNow(leg));
        } else {
            pauseNow(leg);
        }
        return Optional.empty();
    }

    private void pauseNow(Leg leg) {
        if (leg.paused) {
            detach(leg);
            listener.legPaused(leg.slot);
        }
    }

    /** Stops replication but keeps the connection. */
    private void detach(Leg leg) {
        if (leg.channel != null) {
            stop(leg, leg.channel, LegState.CONNECTED);
            listener.replicationStopped(leg.slot);
            mirror.walk.onMemoryFreed();
        }
    }

    Optional<String> resume(int slot) {
        Leg leg = legs[slot];
        if (!leg.paused) {
            return Optional.of("target " + (leg.config == null ? "in slot " + slot : leg.nodeName()) + " of mirror " + config.tag()
                    + " is not paused");
        }
        leg.paused = false;
        if (leg.channel != null && !leg.replicates()) {
            offer(leg);
        }
        return Optional.empty();
    }

    Optional<String> fullResync(int slot) {
        Leg leg = legs[slot];
        if (leg.config == null) {
            return Optional.of("mirror " + config.tag() + " has no target in slot " + slot);
        }
        if (isLastCopy(leg)) {
            return refuseLastCopy(leg);
        }
        detach(leg);
        mirror.replays.forget(slot, "everything is sent to it");
        orderSlot(leg, SlotState.FULL_RESYNC, () -> {
            if (leg.channel != null && !leg.paused && leg.state == LegState.CONNECTED) {
                offer(leg);
            }
        });
        return Optional.empty();
    }

    // ---- resync

    Optional<String> beginResync(int slot) {
        Leg leg = legs[slot];
        if (leg.state != LegState.CONNECTED || leg.paused || leg.channel.orphans() > 0
                || mirror.replays.isRunning(slot)) {
            return Optional.of("target " + leg.nodeName() + " of mirror " + config.tag() + " is " + leg.shownState().words()
                    + ", not waiting for a resync");
        }
        if (withoutLocal) {
            return Optional.of("target " + leg.nodeName() + " of mirror " + config.tag() + " " + WAITS_FOR_LOCAL);
        }
        replicate(leg, LegState.RESYNCING);
        leg.settling = true;
        listener.resyncStarted(slot);
        settleSoon();
        return Optional.empty();
    }

    Optional<String> endResync(int slot) {
        Leg leg = legs[slot];
        if (leg.state != LegState.RESYNCING || leg.settling || log.slotState(slot) != SlotState.TRACKING) {
            return Optional.of("target " + leg.nodeName() + " of mirror " + config.tag() + " is " + leg.shownState().words()
                    + " and " + log.slotState(slot) + " in the intent log: its resync cannot end");
        }
        leg.stale = false;
        leg.targetIsConsistent = true;
        leg.isUnmarked = false;
        leg.state = LegState.IN_SYNC;
        leg.inSyncNs = loop.nanoTime();
        mirror.catchUps.forget(slot);
        leg.flushFailed = false;
        leg.lastError = "";
        mirror.streams.journal().inSync(slot);
        listener.legInSync(slot);
        return Optional.empty();
    }

    void settleSoon() {
        loop.execute(this::checkSettled);
    }

    /** Tells of each target that no write under way can miss any more. */
    void checkSettled() {
        for (Leg leg : legs) {
            if (leg.settling && !mirror.walk.isMissedByActive(leg.bit())) {
                leg.settling = false;
                listener.legSettled(leg.slot);
            }
        }
    }

    // ---- what the devices say

    @Override
    public void onError(CopyChannel channel, DeviceOp op) {
        if (op.isRead() && isLastCopy(legs[channel.slot])) {
            legs[channel.slot].lastError = op.errorText();
            return;
        }
        if (legs[channel.slot].channel == channel) {
            legs[channel.slot].flushFailed |= op.isFlushFailure();
            lose(channel.slot, op.errorText());
        }
    }

    @Override
    public void onTimeout(CopyChannel channel, DeviceOp oldest) {
        if (legs[channel.slot].channel == channel) {
            lose(channel.slot, "no answer from " + channel.device.name() + " for "
                    + legs[channel.slot].config.timeoutNs() / 1_000_000 + " ms to " + (oldest == null ? "commands it was told to give up"
                    : oldest.describe()));
        }
    }

    @Override
    public void onDrained(CopyChannel channel) {
        Leg leg = legs[channel.slot];
        if (leg.channel == channel && leg.offerWhenDrained && !leg.paused) {
            offer(leg);
        }
    }

    /** True if the target's own help makes up its protocol. */
    private static boolean helps(Leg leg) {
        return leg.channel != null && (leg.protocol == ReplicationProtocol.A ? leg.channel.keepsOrder()
                : leg.protocol == ReplicationProtocol.B && leg.channel.givesReceipts());
    }

    LegSnapshot snapshot(Leg leg) {
        CopyChannel channel = leg.channel;
        LegStream stream = mirror.streams.stream(leg.slot);
        long lagBytes = channel == null ? 0 : channel.bytesInFlight() + stream.lagBytes - stream.inFlightBytes;
        long lagNs = channel == null ? 0 : Math.max(channel.oldestAgeNs(), mirror.streams.lagNs(leg.slot));
        long unflushed = leg.replicates() ? lagBytes + leg.bytesWritten - leg.flushedBytes : 0;
        return new LegSnapshot(leg.slot, leg.nodeName(), leg.config.systemId(), leg.protocol, leg.shownState(),
                channel == null ? "" : channel.device.name(), log.dirtyChunks(leg.slot), leg.bytesWritten, leg.resyncBytes,
                leg.resyncZeroBytes, channel == null ? 0 : channel.inFlight(), lagBytes, lagNs, unflushed, leg.ahead, helps(leg),
                leg.losses, leg.lastError);
    }
}
