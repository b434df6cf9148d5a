/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.IntentLog;
import org.netraid.time.EventLoop;

/**
 * A block device made of a local disk and up to seven targets.
 *
 * <p>Methods that can be refused return the reason as a sentence, or nothing when they did what they were asked.
 */
public final class Mirror implements BlockDevice {

    private final MirrorConfig config;

    /**
     * Puts a mirror over its local disk; without targets at first.
     *
     * @param local the local disk; the mirror closes it with itself
     * @param log opened already; closed by its owner, after the mirror
     */
    public Mirror(MirrorConfig config, BlockDevice local, IntentLog log, EventLoop loop, FaultPoints faults) {
        this.config = config;
    }

    @Override
    public String name() {
        return config.tag();
    }

    @Override
    public BlockGeometry geometry() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Set<BlockCapability> capabilities() {
        return EnumSet.noneOf(BlockCapability.class);
    }

    @Override
    public void submit(BlockRequest request) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close(Runnable closed) {
        throw new UnsupportedOperationException();
    }

    /** Adds a listener; listeners are called in the order they were added. */
    public void addListener(MirrorListener listener) {
        throw new UnsupportedOperationException();
    }

    /**
     * Makes a target a member of the mirror, not yet connected. A slot that is unused in the intent log becomes FULL_RESYNC; whoever knows
     * that the copies are equal sets it to TRACKING in the log first.
     */
    public Optional<String> addLeg(LegConfig leg) {
        throw new UnsupportedOperationException();
    }

    /** Removes a target for good: drops the connection and frees its slot in the log. */
    public Optional<String> removeLeg(int slot, MirrorAction durable) {
        throw new UnsupportedOperationException();
    }

    /**
     * Gives a target its connection. The mirror owns the device from now on and closes it when the leg is lost; when it refuses, the
     * device stays the caller's. Listeners hear {@link MirrorListener#legConnected}.
     *
     * @param targetIsConsistent false if the target says of itself that it is inconsistent: then it is resynced even if the
     *     log has no dirty chunk, so that it is marked in sync in the end
     */
    public Optional<String> connectLeg(int slot, BlockDevice device, boolean targetIsConsistent) {
        throw new UnsupportedOperationException();
    }

    /** The connection is gone or not wanted any more: the target misses every write from now on. Does nothing if there is none. */
    public void legLost(int slot, String reason) {
        throw new UnsupportedOperationException();
    }

    /** Stops replication to a target; after a flush where possible, so that only what is written from now on is dirty. */
    public Optional<String> pauseLeg(int slot) {
        throw new UnsupportedOperationException();
    }

    /** Ends a pause; a connected target goes through a resync. */
    public Optional<String> resumeLeg(int slot) {
        throw new UnsupportedOperationException();
    }

    /** Declares the target's content unknown: everything is sent again, at once if it is connected. */
    public Optional<String> fullResync(int slot) {
        throw new UnsupportedOperationException();
    }

    /** For the resync, once the target is durably marked inconsistent: from now on it gets every write. CONNECTED to RESYNCING. */
    public Optional<String> beginResync(int slot) {
        throw new UnsupportedOperationException();
    }

    /** For the resync, once the target has everything flushed and is marked so: RESYNCING to IN_SYNC. */
    public Optional<String> endResync(int slot) {
        throw new UnsupportedOperationException();
    }

    /** Flushes all copies now and reports the end of the round. */
    public void flushAll(MirrorAction flushed) {
        throw new UnsupportedOperationException();
    }

    /**
     * Holds modifications and flushes back, lets those in work end and flushes all copies. Held requests wait in the bounded queue
     * until {@link #resume}, or end with ESHUTDOWN at {@link #close}.
     *
     * @param drained nothing is in work and everything is flushed, or why it could not be
     */
    public void suspend(MirrorAction drained) {
        throw new UnsupportedOperationException();
    }

    /** Ends a suspension. */
    public void resume() {
        throw new UnsupportedOperationException();
    }

    public MirrorState state() {
        throw new UnsupportedOperationException();
    }

    /** DISCONNECTED also for a slot without a leg. */
    public LegState legState(int slot) {
        throw new UnsupportedOperationException();
    }

    public MirrorSnapshot snapshot() {
        throw new UnsupportedOperationException();
    }
}
