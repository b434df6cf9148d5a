/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import java.util.ArrayList;
import java.util.List;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.IntentLog;
import org.netraid.mirror.Mirror;
import org.netraid.mirror.Payload;
import org.netraid.mirror.PayloadPool;
import org.netraid.mirror.ResyncPort;
import org.netraid.time.EventLoop;

/**
 * Copies chunks to all targets that are being resynced, walking round the device like a lift: each run of chunks is read once and goes to
 * every target that needs it and has room in its window.
 *
 * <p>The walk waits until all who need a run have room: targets of about the same speed share every read, even if one of them stumbles.
 * Only a target that would run dry and is much faster than all who keep it waiting goes on without them; what they had no room for they
 * pick up in a later round, with a read of their own. So a slow target costs a fast one at most half of its speed.
 */
final class ChunkPump {

    /** Shorter stretches of dirty chunks are read without asking the disk for holes. */
    private static final long HOLE_SEARCH_BYTES = 4 << 20;
    private static final long MAX_HOLE_RUN_BYTES = 32 << 20;
    /** A run of zeros costs a target's window only so much, and a limit of the rate likewise. */
    static final int HOLE_COST_BYTES = 4096;
    /** Longest run that is hashed to find out whether hashing pays. */
    private static final int TRIAL_BYTES = 256 << 10;
    private static final long TICK_NS = 50_000_000L;
    private static final int COPIES_PER_REQUEST = 4;
    private static final double PACE_BURST_SECONDS = 0.004;

    private final Mirror mirror;
    private final ResyncPort port;
    private final IntentLog log;
    private final EventLoop loop;
    private final boolean withoutLocks;
    private final int chunkBytes;
    private final ResyncSession[] members = new ResyncSession[IntentLog.MAX_SLOTS];
    private final boolean[] ready = new boolean[IntentLog.MAX_SLOTS];
    private final List<ChunkCopy> copies = new ArrayList<>();
    private final PayloadPool memory;
    private final HoleMap holes = new HoleMap();
    private final HoleAsker asker = new HoleAsker();
    private final ApplicationPace pace;
    private final StoredTransfers transfers;
    private ChunkCopy free;
    private ResyncConfig config;
    private boolean holesKnown;
    private long cursor;
    private boolean pumping;
    private EventLoop.Timer wake;
    private EventLoop.Timer tick;
    private long localBytesRead;
    private long bytesCompared;
    private int comparing;
    private long comparingSinceNs;
    private long comparingNs;

    ChunkPump(Mirror mirror, IntentLog log, ResyncConfig config, EventLoop loop, FaultPoints faults) {
        this.mirror = mirror;
        this.port = mirror.resyncPort();
        this.log = log;
        this.config = config;
        this.loop = loop;
        this.withoutLocks = faults.isArmed("resync-without-lock");
        this.chunkBytes = log.chunkBytes();
        this.holesKnown = port.knowsHoles();
        this.memory = new PayloadPool(4L * config.windowRequests() * requestBytes());
        this.transfers = new StoredTransfers(port, chunkBytes);
        this.pace = new ApplicationPace(port.writeLatency(), config, PACE_BURST_SECONDS, loop.nanoTime());
    }

    void config(ResyncConfig changed) {
        config = changed;
        pace.limits(changed);
        pump();
    }

    int requestBytes() {
        return Math.max(config.maxRequestBytes(), chunkBytes);
    }

    // ---- who takes part

    void enter(ResyncSession session) {
        members[session.slot()] = session;
        if (tick == null) {
            pace.start(loop.nanoTime());
            tick = loop.schedule(TICK_NS, this::onTick);
        }
        pump();
    }

    void leave(ResyncSession session) {
        if (members[session.slot()] == session) {
            members[session.slot()] = null;
        }
        for (int i = 0; i < copies.size(); i++) {
            copies.get(i).endIfUnwanted();
        }
    }

    private boolean hasMembers() {
        for (ResyncSession member : members) {
            if (member != null) {
                return true;
            }
        }
        return false;
    }

    private void onTick() {
        tick = null;
        if (hasMembers()) {
            pace.onTick(loop.nanoTime());
            tick = loop.schedule(TICK_NS, this::onTick);
            pump();
        } else {
            pace.stop();
        }
    }

    // ---- copying

    /** Keeps the windows full. */
    void pump() {
        if (pumping) {
            return;
        }
        pumping = true;
        boolean started = true;
        while (started) {
            started = startNext();
        }
        pumping = false;
        for (ResyncSession member : members) {
            if (member != null && member.window().inFlight() == 0 && port.isOpen(member.slot()) && member.todo().first(0) < 0) {
                leave(member);
                member.onPassOver();
            }
        }
    }

    private boolean startNext() {
        long nowNs = loop.nanoTime();
        if (mirror.isBusy()) {
            pace.onApplicationSeen(nowNs);
        }
        ResyncSession leader = chooseLeader(nowNs);
        if (leader == null) {
            return false;
        }
        long waitNs = pace.waitNs(nowNs);
        if (waitNs > 0) {
            wakeIn(waitNs);
            return false;
        }
        long first = leader.nextChunk % log.chunkCount();
        long limit = Math.min(log.chunkCount(), first + Math.max(1, leader.holeRunBytes(MAX_HOLE_RUN_BYTES) / chunkBytes));
        long end = leader.todo().end(first, limit);
        boolean hole = false;
        if (holesKnown && (end - first) * chunkBytes >= HOLE_SEARCH_BYTES) {
            if (!holes.covers(first * chunkBytes)) {
                asker.ask(first * chunkBytes);
                return false;
            }
            long partEnd = holes.partEnd(first * chunkBytes);
            hole = holes.isZero() && (partEnd >= mirror.geometry().sizeBytes() || partEnd / chunkBytes > first);
            end = hole ? Math.min(end, partEnd >= mirror.geometry().sizeBytes() ? end : partEnd / chunkBytes)
                    : Math.min(end, (partEnd + chunkBytes - 1) / chunkBytes);
        }
        if (!hole || !allCanZero()) {
            boolean trial = leader.compares().isTrial() && port.canCompare(leader.slot());
            int longest = trial ? Math.max(chunkBytes, TRIAL_BYTES) : requestBytes();
            end = Math.min(end, first + pace.requestBytes(chunkBytes, leader.requestBytes(longest)) / chunkBytes);
        }
        return start(first, end, hole);
    }

    /** The ready target whose next chunk is the first one ahead; null if none should go on now. */
    private ResyncSession chooseLeader(long nowNs) {
        ResyncSession leader = null;
        long firstHeldUp = Long.MAX_VALUE;
        long shortestWaitNs = Long.MAX_VALUE;
        for (ResyncSession member : members) {
            if (member == null || !port.isOpen(member.slot())) {
                continue;
            }
            member.nextChunk = nextOf(member);
            if (member.nextChunk < 0 || port.isDraining(member.slot())) {
                ready[member.slot()] = false;
                member.nextChunk = -1;
                continue;
            }
            long waitNs = member.rate().waitNs(nowNs);
            shortestWaitNs = waitNs > 0 ? Math.min(shortestWaitNs, waitNs) : shortestWaitNs;
            ready[member.slot()] = waitNs == 0 && hasRoom(member);
            if (!ready[member.slot()]) {
                firstHeldUp = Math.min(firstHeldUp, member.nextChunk);
            } else if (leader == null || member.nextChunk < leader.nextChunk) {
                leader = member;
            }
        }
        if (leader != null && firstHeldUp <= leader.nextChunk) {
            leader = firstStarving(nowNs);
        }
        if (leader == null && shortestWaitNs < Long.MAX_VALUE) {
            wakeIn(shortestWaitNs);
        }
        return leader;
    }

    private boolean hasRoom(ResyncSession member) {
        // Answers to questions say little of what the link takes, and a window of few questions would wait for each on a long one.
        member.window().wary(member.isWary());
        member.window().calm(pace.isApplicationActive() && !member.compares().isComparing());
        return member.window().inFlight() < config.windowRequests() * COPIES_PER_REQUEST && !member.compares().isUndecided()
                && member.window().hasRoom();
    }

    /** Somebody else has no room for what comes next: only who would run dry and is much faster goes on. */
    private ResyncSession firstStarving(long nowNs) {
        ResyncSession first = null;
        for (ResyncSession member : members) {
            if (member != null && ready[member.slot()] && port.isOpen(member.slot()) && member.window().isStarving()
                    && (first == null || member.nextChunk < first.nextChunk) && isHeldUpByTheSlow(member, nowNs)) {
                first = member;
            }
        }
        return first;
    }

    /** All who have no room for what the member needs next are much slower than it, or wait for a limit of their own. */
    private boolean isHeldUpByTheSlow(ResyncSession member, long nowNs) {
        for (ResyncSession other : members) {
            if (other != null && !ready[other.slot()] && port.isOpen(other.slot()) && other.nextChunk >= 0
                    && other.nextChunk <= member.nextChunk && other.rate().waitNs(nowNs) == 0
                    && !other.window().isMuchSlowerThan(member.window(), nowNs)) {
                return false;
            }
        }
        return true;
    }

    /** The next chunk it needs, as seen from the cursor: chunks behind it come a round later. */
    private long nextOf(ResyncSession member) {
        long ahead = member.todo().first(cursor);
        if (ahead >= 0) {
            return ahead;
        }
        long behind = cursor == 0 ? -1 : member.todo().first(0);
        return behind < 0 ? -1 : behind + log.chunkCount();
    }

    private boolean allCanZero() {
        for (ResyncSession member : members) {
            if (member != null && ready[member.slot()] && !port.canZero(member.slot())) {
                return false;
            }
        }
        return true;
    }

    private boolean start(long first, long end, boolean hole) {
        ChunkCopy copy = takeCopy();
        copy.prepare(first, (int) (end - first));
        Payload payload = hole ? null : memory.take((int) copy.lengthBytes());
        if (!hole && payload == null) {
            giveBack(copy);
            return false;
        }
        for (ResyncSession member : members) {
            if (member != null && ready[member.slot()] && port.isOpen(member.slot())) {
                join(copy, member, first, end, hole);
            }
        }
        cursor = end % log.chunkCount();
        pace.spend(hole ? HOLE_COST_BYTES : copy.lengthBytes());
        copy.start(payload);
        return true;
    }

    private void join(ChunkCopy copy, ResyncSession member, long first, long end, boolean hole) {
        long bytes = 0;
        long chunk = member.todo().first(first);
        while (chunk >= 0 && chunk < end) {
            long runEnd = member.todo().end(chunk, end);
            copy.need(member, chunk, runEnd);
            member.todo().take(chunk, runEnd);
            bytes += (runEnd - chunk) * chunkBytes;
            chunk = member.todo().first(runEnd);
        }
        if (bytes > 0) {
            copy.cost(member, hole ? HOLE_COST_BYTES : bytes);
        }
    }

    private ChunkCopy takeCopy() {
        ChunkCopy copy = free;
        if (copy == null) {
            copy = new ChunkCopy(this);
            copies.add(copy);
        } else {
            free = copy.next;
        }
        return copy;
    }

    private void giveBack(ChunkCopy copy) {
        copy.next = free;
        free = copy;
    }

    void onCopyEnded(ChunkCopy copy) {
        giveBack(copy);
        pump();
    }

    private void wakeIn(long delayNs) {
        if (wake == null) {
            wake = loop.schedule(delayNs, () -> {
                wake = null;
                pump();
            });
        }
    }

    // ---- holes

    private final class HoleAsker implements org.netraid.mirror.DeviceOpOwner {
        private long lengthBytes;

        void ask(long offsetBytes) {
            if (!holes.isAsked()) {
                lengthBytes = Math.min(HoleMap.SPAN_BYTES, mirror.geometry().sizeBytes() - offsetBytes);
                holes.ask(offsetBytes);
                port.localExtents(this, offsetBytes, lengthBytes, holes.answer);
            }
        }

        @Override
        public void onOpDone(org.netraid.mirror.DeviceOp op) {
            holes.answered(op.error().isError(), lengthBytes);
            pump();
        }

        @Override
        public void onOpLost(org.netraid.mirror.DeviceOp op) {
            throw new IllegalStateException("the local disk is never given up");
        }
    }

    /** What should have been a hole is none. */
    void onNoHole(boolean failed) {
        holes.forget();
        holesKnown &= !failed;
    }

    // ---- what the copies need, and what others see

    void noteRead(long bytes) {
        localBytesRead += bytes;
        pace.noteCopied(bytes);
    }

    /** Runs being compared become more or fewer. */
    void noteCompared(long bytes, int more) {
        long nowNs = loop.nanoTime();
        if (comparing > 0) {
            comparingNs += nowNs - comparingSinceNs;
        }
        comparing += more;
        comparingSinceNs = nowNs;
        bytesCompared += bytes;
        pace.noteCopied(bytes);
    }

    long bytesCompared() {
        return bytesCompared;
    }

    /** Time during which the local disk was hashing. */
    long comparingNs() {
        return comparingNs;
    }

    long localBytesRead() {
        return localBytesRead;
    }

    StoredTransfers transfers() {
        return transfers;
    }

    ApplicationPace pace() {
        return pace;
    }

    Mirror mirror() {
        return mirror;
    }

    ResyncPort port() {
        return port;
    }

    EventLoop loop() {
        return loop;
    }

    int chunkBytes() {
        return chunkBytes;
    }

    boolean skipsLocks() {
        return withoutLocks;
    }
}
