/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.IntentLog;
import org.netraid.journal.AsyncJournal;
import org.netraid.journal.JournalStatus;
import org.netraid.journal.ReplayProgress;
import org.netraid.time.EventLoop;

/**
 * A block device made of a local disk and up to seven targets.
 *
 * <p>A modification takes its range lock, has its intent made durable, goes to the local disk and every target that replicates at the
 * same time, and is acknowledged when all of these have written it and every target that missed it is durably known to be stale. Reads
 * come from the local disk and take no lock: like on any disk, a read and a write in flight together may meet in either order.
 *
 * <p>TRIM becomes WRITE_ZEROES on every copy: the content after a TRIM is each device's own choice, and copies must be equal byte for byte.
 *
 * <p>This class is the front: what is asked of it goes on to {@link Admission}, {@link RequestWalk} (the life of a request),
 * {@link LegTable} and the classes it names (targets), {@link FlushRounds} and {@link MirrorLife} (suspended, failed, closed).
 *
 * <p>Methods that can be refused return the reason as a sentence, or nothing when they did what they were asked.
 */
public final class Mirror implements BlockDevice {

    /** Stands for the local disk where bits 0 to 6 stand for targets. */
    static final int LOCAL_BIT = 1 << IntentLog.MAX_SLOTS;
    /** Beside the copies, in what a request waits for: that what was queued when the local disk was given up has ended. */
    static final int QUEUE_BIT = LOCAL_BIT << 1;

    private final MirrorConfig config;
    private final BlockDevice local;
    private final IntentLog log;
    private final EventLoop loop;
    private final BlockGeometry geometry;
    private final Set<BlockCapability> capabilities;

    private final RangeLocks locks = new RangeLocks();
    final LocalDisk localDisk;
    final MirrorListeners listeners = new MirrorListeners();
    /** For reads, and for whoever compares copies with the local disk. */
    CopyChannel localChannel;
    final LegStreams streams;
    final LegTable legs;
    final LegConnections connections;
    final LogOrders orders;
    final StandIns standIns;
    final LegPauses pauses;
    final LegResyncs resyncs;
    final PullAhead pullAhead;
    final CatchUps catchUps;
    final JournalReplays replays;
    final WriteEpoch writes;
    final FlushRounds rounds;
    final MirrorLife life;
    final RequestWalk walk;
    final WritePayloads payloads;
    final LegNews news;
    final Admission admission;
    private final ResyncPort resyncPort;

    /**
     * Puts a mirror over its local disk; without targets at first.
     *
     * @param local the local disk; the mirror closes it with itself
     * @param log opened already; closed by its owner, after the mirror
     * @throws IllegalArgumentException if disk, log and configuration do not fit together; the message says how
     */
    public Mirror(MirrorConfig config, BlockDevice local, IntentLog log, EventLoop loop, FaultPoints faults) {
        this.config = config;
        this.local = local;
        this.log = log;
        this.loop = loop;
        this.geometry = MirrorGeometry.combine(config, local, log);
        this.capabilities = MirrorGeometry.capabilitiesOver(local);
        PayloadPool pool = new PayloadPool(config.payloadBytes());
        this.life = new MirrorLife(this, config.tag(), loop);
        this.admission = new Admission(this, config, geometry, loop);
        this.walk = new RequestWalk(this, config, log, loop, locks, pool, faults);
        this.payloads = new WritePayloads(this, walk, pool);
        this.news = new LegNews(this, walk, walk.active());
        this.streams = new LegStreams(this, log, loop, pool, faults);
        this.legs = new LegTable(this, config, log);
        this.connections = new LegConnections(this, log, loop);
        this.orders = new LogOrders(this, log);
        this.standIns = new StandIns(this, log);
        this.pauses = new LegPauses(this);
        this.resyncs = new LegResyncs(this, log, loop);
        this.pullAhead = new PullAhead(this, loop);
        this.catchUps = new CatchUps(this, faults.isArmed("copy-past-queue"));
        this.replays = new JournalReplays(this, log, loop, faults);
        this.localDisk = new LocalDisk(this, local, loop, faults);
        this.localChannel = localDisk.writes();
        this.writes = new WriteEpoch(loop, config.flushBytes(), config.flushIntervalNs(), this::onFlushDue);
        this.rounds = new FlushRounds(this, log, loop, legs, writes);
        this.resyncPort = new ResyncPort(this, legs);
        log.onFailedForGood(detail -> life.fail("its intent log could not be written (" + detail + ")"));
    }

    @Override
    public String name() {
        return config.tag();
    }

    @Override
    public BlockGeometry geometry() {
        return geometry;
    }

    @Override
    public Set<BlockCapability> capabilities() {
        return capabilities;
    }

    @Override
    public void submit(BlockRequest request) {
        admission.submit(request);
    }

    // ---- flushing

    private void onFlushDue() {
        if (life.state() != MirrorState.CLOSED) {
            rounds.run();
        }
    }

    /**
     * Sees to it that all copies have and have flushed what is written now, also what is still queued for targets that lag behind, and
     * reports it.
     */
    public void flushAll(MirrorAction flushed) {
        if (life.state() == MirrorState.CLOSED) {
            loop.execute(() -> flushed.onDone(BlockError.ESHUTDOWN, "mirror " + config.tag() + " is closed"));
        } else {
            streams.whenPassed(() -> rounds.join(flushed));
        }
    }

    // ---- suspension and end

    /**
     * Holds modifications and flushes back, lets those in work end and flushes. Held requests wait in the bounded queue until
     * every reason is lifted by {@link #resume}, or end with ESHUTDOWN at {@link #close}. Giving a reason again changes its words.
     *
     * @param why what an operator reads
     * @param drained nothing is in work, and the local disk and every target that an application's flush waits for is flushed, or why
     *     that could not be. For {@link IoReason#LEAVING} every target has everything, also what was queued for it
     */
    public void suspend(IoReason reason, String why, MirrorAction drained) {
        life.suspend(reason, why, drained);
    }

    /** Ends modifications and flushes with EIO and these words, also those held back by now, until the reason is lifted. */
    public void refuse(IoReason reason, String why) {
        life.refuse(reason, why);
    }

    /** Lifts one reason; others stay in force. Does nothing if the reason is not given. */
    public void resume(IoReason reason) {
        life.resume(reason);
    }

    /** Why modifications wait or are refused now, with the words given; empty while they run. */
    public Map<IoReason, String> ioReasons() {
        return life.ioReasons();
    }

    /** Ends what is in work, then closes the local disk and the connections. Targets stay as in sync as they are. */
    @Override
    public void close(Runnable whenClosed) {
        life.close(whenClosed);
    }

    // ---- the local disk

    /**
     * What an error of the local disk leads to from now on; {@link LocalErrorPolicy#PASS_ON} until this is called.
     *
     * @param marker keeps durably that the local disk was given up; without one {@link LocalErrorPolicy#DETACH} is never done
     */
    public void onLocalError(LocalErrorPolicy policy, LocalMarker marker) {
        localDisk.setPolicy(policy, marker);
    }

    public LocalState localState() {
        return localDisk.state();
    }

    /** True if a write could be acknowledged: the local disk is attached, or a target that is in sync stands in for it. */
    public boolean hasCopy() {
        return localDisk.isAttached() || standIns.copyMask() != 0;
    }

    /** Closes the local disk that was given up, so that it can be repaired or replaced and {@link #attachLocal}ed. */
    public Optional<String> releaseLocal(Runnable released) {
        return localDisk.release(released);
    }

    /**
     * Fills a disk from the targets that are in sync, whatever it holds, and then uses it again. Before its first byte is overwritten it
     * counts as failed, durably, because the one given up does; the mirror owns it from now on unless it refuses.
     *
     * @param whole the disk has everything and serves, or what went wrong; then it is given up again
     */
    public Optional<String> attachLocal(BlockDevice device, MirrorAction whole) {
        return localDisk.attach(device, whole);
    }

    // ---- targets

    /** Adds a listener; listeners are called in the order they were added. */
    public void addListener(MirrorListener listener) {
        listeners.add(listener);
    }

    /**
     * Makes a target a member of the mirror, not yet connected. A slot that is unused in the intent log becomes FULL_RESYNC; whoever knows
     * that the copies are equal sets it to TRACKING in the log first.
     */
    public Optional<String> addLeg(LegConfig leg) {
        return legs.add(leg);
    }

    /** Removes a target for good: drops the connection and frees its slot in the log. */
    public Optional<String> removeLeg(int slot, MirrorAction durable) {
        return legs.remove(slot, durable);
    }

    /**
     * Gives a target its connection. The mirror owns the device from now on and closes it when the leg is lost; when it refuses, the
     * device stays the caller's. Listeners hear {@link MirrorListener#legConnected}.
     *
     * @param copy what is known of what the target has
     */
    public Optional<String> connectLeg(int slot, BlockDevice device, TargetCopy copy) {
        return connections.connect(slot, device, copy);
    }

    /**
     * Puts a journal behind the queues of targets of protocol A; before it is there, queues are in memory only. The mirror closes both
     * journals with itself.
     *
     * @param journal a new one
     * @param left what an earlier life of this source has left to be replayed; null if nothing
     * @param windowBytes memory for payloads that the journal has too, so that targets that keep up cost no reading
     */
    public void useJournal(AsyncJournal journal, AsyncJournal left, long windowBytes) {
        streams.journal().use(journal, windowBytes);
        replays.use(left);
    }

    /** The generation that the copies in sync belong to from now on: the journal follows on it. */
    public void setGeneration(long generation) {
        streams.journal().setToken(generation);
    }

    /** The connection is gone or not wanted any more: the target misses every write from now on. Does nothing if there is none. */
    public void legLost(int slot, String reason) {
        connections.lose(slot, reason);
    }

    /** Stops replication to a target; after a flush where possible, so that only what is written from now on is dirty. */
    public Optional<String> pauseLeg(int slot) {
        return pauses.pause(slot);
    }

    /** Ends a pause; a connected target goes through a resync. */
    public Optional<String> resumeLeg(int slot) {
        return pauses.resume(slot);
    }

    /** Changes when a write counts as done for one target, from the next write on. What is queued by then keeps its order. */
    public Optional<String> setProtocol(int slot, ReplicationProtocol protocol) {
        return legs.setProtocol(slot, protocol);
    }

    /** Declares the target's content unknown: everything is sent again, at once if it is connected. */
    public Optional<String> fullResync(int slot) {
        return resyncs.fullResync(slot);
    }

    /** For the resync, once the target is durably marked inconsistent: from now on it gets every write. CONNECTED to RESYNCING. */
    public Optional<String> beginResync(int slot) {
        return resyncs.beginResync(slot);
    }

    /** For the resync, once the target has everything flushed and is marked so: RESYNCING to IN_SYNC. */
    public Optional<String> endResync(int slot) {
        return resyncs.endResync(slot);
    }

    /** The locks of this mirror, for the resync, which claims each chunk while it copies it. */
    public RangeLocks rangeLocks() {
        return locks;
    }

    /** For the resync: reads from the local disk into the payload, from its start. */
    public void readLocal(DeviceOpOwner owner, long offsetBytes, int lengthBytes, Payload into) {
        into.bytes().clear().limit(lengthBytes);
        localChannel.read(owner, offsetBytes, into.bytes(), into);
    }

    /** For the resync: the devices. */
    public ResyncPort resyncPort() {
        return resyncPort;
    }

    /** Bytes were written behind the requests' back and wait for a flush. */
    void noteUnflushed(long bytes) {
        writes.add(bytes);
        walk.flushIfWanted();
    }

    /** For the resync: how far it has come, for the listeners. */
    public void reportResync(int slot, long chunksDone, long chunksTotal) {
        listeners.resyncProgress(slot, chunksDone, chunksTotal);
    }

    /** True while application writes are in work; a resync steps aside then. */
    public boolean isBusy() {
        return walk.modifications() > 0;
    }

    /** Number of the newest request that has been taken into work, for {@link #hasEnded}. */
    public long newestRequest() {
        return walk.newest();
    }

    /** True if every request up to this number has ended, but for what is still queued for targets of protocol A. */
    public boolean hasEnded(long number) {
        return walk.hasEnded(number);
    }

    // ---- what it looks like

    public JournalStatus journal() {
        return streams.journal().status();
    }

    /** How far the replay for a target has come; null if none is under way. */
    public ReplayProgress replay(int slot) {
        return replays.progress(slot);
    }

    public MirrorState state() {
        return life.state();
    }

    /** DISCONNECTED also for a slot without a leg. */
    public LegState legState(int slot) {
        return legs.leg(slot).shownState();
    }

    /** True if a write to some of these bytes is queued for the target or on its way to it while the application goes on. */
    public boolean isLagging(int slot, long offsetBytes, long lengthBytes) {
        return streams.writes().isLagging(slot, offsetBytes, lengthBytes);
    }

    public MirrorSnapshot snapshot() {
        return MirrorSnapshot.of(this, local, log, loop.nanoTime());
    }
}
