/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.util.Optional;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.SlotState;

/**
 * The targets of one mirror: which slots have a member, and as bits of a mask, which of them get a write, and how. What becomes of them is
 * decided in {@link LegConnections}, {@link LegPauses}, {@link LegResyncs}, {@link PullAhead} and {@link StandIns}.
 */
final class LegTable {

    private final Mirror mirror;
    private final MirrorConfig config;
    private final IntentLog log;
    private final Leg[] legs = new Leg[IntentLog.MAX_SLOTS];
    private int usedMask;
    private int replicatingMask;
    private int asyncMask;
    private int lazyFlushMask;
    private int receiptMask;

    LegTable(Mirror mirror, MirrorConfig config, IntentLog log) {
        this.mirror = mirror;
        this.config = config;
        this.log = log;
        for (int slot = 0; slot < legs.length; slot++) {
            legs[slot] = new Leg(slot);
            SlotState state = log.slotState(slot);
            legs[slot].stale = state == SlotState.STALE || state == SlotState.FULL_RESYNC;
            usedMask |= state == SlotState.UNUSED ? 0 : 1 << slot;
        }
    }

    /** Every slot, with a member or without; not to be changed. */
    Leg[] all() {
        return legs;
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

    /** The target gets every new write from now on, or none. */
    void setReplicates(Leg leg, boolean getsWrites) {
        replicatingMask = getsWrites ? replicatingMask | leg.bit() : replicatingMask & ~leg.bit();
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
            mirror.orders.setSlot(leg, SlotState.FULL_RESYNC, null);
        }
        use(leg);
        return Optional.empty();
    }

    Optional<String> remove(int slot, MirrorAction durable) {
        Leg leg = legs[slot];
        if (leg.config == null && log.slotState(slot) == SlotState.UNUSED) {
            return Optional.of("mirror " + config.tag() + " has no target in slot " + slot);
        }
        if (mirror.standIns.isLastCopy(leg)) {
            return mirror.standIns.refuseLastCopy(leg);
        }
        mirror.connections.lose(slot, "removed from the mirror");
        mirror.replays.forget(slot, "");
        usedMask &= ~leg.bit();
        mirror.news.removed(slot);
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

    /** The masks follow the protocol in force, the connection and whether the local disk is there. */
    void noteProtocol(Leg leg) {
        leg.protocol = mirror.standIns.isWithoutLocal() ? ReplicationProtocol.C : leg.askedProtocol;
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
            mirror.news.added(leg.slot);
        }
    }
}
