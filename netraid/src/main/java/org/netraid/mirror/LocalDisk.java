/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.util.Optional;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.IntentLog;
import org.netraid.time.EventLoop;

/**
 * The local disk, its errors and what follows from them by policy: it is given up and later filled again from the targets, or the error
 * is passed on, or the mirror stops.
 */
final class LocalDisk implements CopyChannel.Watcher {

    private final Mirror mirror;
    private final EventLoop loop;
    private final boolean ackBeforeDetachIsNoted;
    private LocalErrorPolicy policy = LocalErrorPolicy.PASS_ON;
    private LocalMarker marker;
    private LocalState state = LocalState.ATTACHED;
    private String lostWhy = "";
    private boolean marking;
    private boolean markingWhole;
    private long errors;
    private String lastError = "";
    /** Gets the writes; the same as the mirror's local channel, which serves the reads, but while a new disk is being filled. */
    private CopyChannel writes;
    /** Of the disk given up last: it may still hold commands. */
    private CopyChannel retired;
    private LocalRefill refill;

    LocalDisk(Mirror mirror, BlockDevice device, EventLoop loop, FaultPoints faults) {
        this.mirror = mirror;
        this.ackBeforeDetachIsNoted = faults.isArmed("ack-before-detach-is-noted");
        this.loop = loop;
        this.writes = new CopyChannel(IntentLog.LOCAL, device, loop, this, 0);
    }

    void setPolicy(LocalErrorPolicy next, LocalMarker whoMarks) {
        policy = next;
        marker = whoMarks;
    }

    LocalErrorPolicy policy() {
        return policy;
    }

    LocalState state() {
        return state;
    }

    /** True if the disk serves reads, and its flush counts. */
    boolean isAttached() {
        return state == LocalState.ATTACHED;
    }

    /** True if it gets every write. */
    boolean takesWrites() {
        return state != LocalState.DETACHED;
    }

    CopyChannel writes() {
        return writes;
    }

    /**
     * True while the disk misses writes that no durable record knows of: for all that the next start knows it is a whole copy. The log
     * has to keep the regions of those writes active, so nothing may count as flushed here.
     */
    boolean missesUnrecorded() {
        return marking && state == LocalState.DETACHED;
    }

    /** {@link Mirror#LOCAL_BIT} while it is not yet durable that the disk misses writes; nothing that it misses may be acknowledged. */
    int stalePendingBit() {
        return marking && !ackBeforeDetachIsNoted ? Mirror.LOCAL_BIT : 0;
    }

    /** Why it was given up; "" while it is attached. */
    String lostWhy() {
        return lostWhy;
    }

    /** That there is none now, for errors. */
    String noDisk() {
        return "the local disk of mirror " + mirror.name() + " is given up (" + lostWhy + ")";
    }

    /** Bytes of the running refill that are done; -1 if none runs. */
    long refilledBytes() {
        return refill == null ? -1 : refill.doneBytes();
    }

    /** Failed commands since start. */
    long errors() {
        return errors;
    }

    String lastError() {
        return lastError;
    }

    @Override
    public void onError(CopyChannel channel, DeviceOp op) {
        // Where none is left, what still asks it (a resync, a verify) is told so: that is no news of any disk.
        if (channel != writes || state == LocalState.DETACHED || !op.concernsData()) {
            return;
        }
        errors++;
        lastError = op.errorText();
        mirror.listeners.localError(lastError);
        if (state == LocalState.FILLING) {
            LocalRefill ended = refill;
            // it may just be on its way to be recorded as whole: that has to be taken back before anything it misses is acknowledged
            marking = markingWhole;
            lostWhy = lastError;
            giveUp();
            ended.fail(lastError);
        } else if (policy == LocalErrorPolicy.STOP) {
            distrustAfterFlush(op);
            mirror.life.stop("its local disk has failed (" + lastError + ") and on_io_error is stop");
        } else if (policy == LocalErrorPolicy.DETACH && marker != null && mirror.standIns.wholeMask() != 0) {
            detach();
        } else if (op.isFlushFailure()) {
            distrustAfterFlush(op);
            mirror.life.fail("what was written to the local disk may be lost (" + lastError + ")");
        }
    }

    private void distrustAfterFlush(DeviceOp op) {
        if (op.isFlushFailure()) {
            mirror.listeners.localDiskLost(lastError);
        }
    }

    private void detach() {
        lostWhy = lastError;
        int copies = mirror.standIns.wholeMask();
        giveUp();
        mirror.news.localGivenUp();
        mark();
        mirror.standIns.serveWithout(copies);
        mirror.listeners.localDetached(lostWhy);
    }

    private void mark() {
        marking = true;
        marker.markFailed(lostWhy, error -> {
            marking = false;
            if (error.isError()) {
                mirror.life.fail("its local disk has failed (" + lostWhy + ") and that could not be recorded");
            } else {
                mirror.rounds.run(); // the one that ran meanwhile has let no region cool
            }
            mirror.news.localMarked();
        });
    }

    private void giveUp() {
        state = LocalState.DETACHED;
        retired = writes;
        retired.device.hurry();
        refill = null;
        writes = new CopyChannel(IntentLog.LOCAL, new LostDisk(retired.device, loop), loop, this, 0);
        mirror.localChannel = writes;
    }

    // ---- coming back

    /** Ends the use of the disk given up, so that its path can be opened again. @return why that is not possible now */
    Optional<String> release(Runnable released) {
        if (mirror.life.state() == MirrorState.FAILED) {
            return stopped();
        }
        if (state != LocalState.DETACHED || marking) {
            return Optional.of("the local disk of mirror " + mirror.name() + " is " + (marking ? "being given up"
                    : state == LocalState.FILLING ? "being filled already" : "in use"));
        }
        if (retired != null && retired.inFlight() > 0) {
            return Optional.of(retired.device.name() + " still holds " + retired.inFlight() + " commands; try again when it has let go of "
                    + "them");
        }
        CopyChannel closing = retired;
        retired = null;
        if (closing == null) {
            loop.execute(released);
        } else {
            closing.device.close(released);
        }
        return Optional.empty();
    }

    /** A disk would be filled, for nothing: the mirror takes no write that would make it whole. */
    private Optional<String> stopped() {
        return Optional.of("a disk cannot be attached: " + mirror.life.failure());
    }

    Optional<String> attach(BlockDevice device, MirrorAction whole) {
        if (mirror.life.state() == MirrorState.FAILED) {
            return stopped();
        }
        if (state != LocalState.DETACHED || retired != null) {
            return Optional.of("the local disk of mirror " + mirror.name() + " is in use");
        }
        if (mirror.standIns.copyMask() == 0) {
            return Optional.of("no target of mirror " + mirror.name() + " is in sync: there is nothing to fill the disk from");
        }
        if (device.geometry().sizeBytes() < mirror.geometry().sizeBytes()
                || device.geometry().minBlockBytes() > mirror.geometry().minBlockBytes() || device.can(BlockCapability.READ_ONLY)) {
            return Optional.of(device.name() + " has " + device.geometry().sizeBytes() + " bytes in blocks of "
                    + device.geometry().minBlockBytes() + (device.can(BlockCapability.READ_ONLY) ? ", read-only" : "") + "; mirror "
                    + mirror.name() + " needs " + mirror.geometry().sizeBytes() + " bytes in blocks of at most "
                    + mirror.geometry().minBlockBytes());
        }
        state = LocalState.FILLING;
        writes = new CopyChannel(IntentLog.LOCAL, device, loop, this, 0);
        refill = new LocalRefill(mirror, this, whole);
        refill.start();
        return Optional.empty();
    }

    /** The refill cannot go on, for a reason that is not the disk's. */
    void refillEnded() {
        if (state == LocalState.FILLING) {
            giveUp();
        }
    }

    /** The new disk has everything, flushed. */
    void filled(MirrorAction whole) {
        LocalRefill ending = refill;
        markingWhole = true;
        marker.markWhole(error -> {
            markingWhole = false;
            if (refill != ending) {
                mark();
                whole.onDone(BlockError.EIO, "the local disk of mirror " + mirror.name() + " has failed again: " + lastError);
                return;
            }
            if (error.isError()) {
                giveUp();
                whole.onDone(error, "that the local disk of mirror " + mirror.name() + " is whole could not be recorded");
                return;
            }
            state = LocalState.ATTACHED;
            lostWhy = "";
            refill = null;
            mirror.localChannel = writes;
            mirror.standIns.serveWithLocal();
            mirror.listeners.localAttached();
            whole.onDone(error, "");
        });
    }

    /** Devices that {@link #close} closes. */
    int openDevices() {
        return retired == null ? 1 : 2;
    }

    /** @param one runs for each device */
    void close(Runnable one) {
        if (retired != null) {
            retired.device.close(one);
        }
        writes.device.close(one);
    }

    @Override
    public void onTimeout(CopyChannel channel, DeviceOp oldest) {
        throw new IllegalStateException("the local disk has no timeout");
    }

    @Override
    public void onDrained(CopyChannel channel) {
        throw new IllegalStateException("the local disk is never abandoned");
    }
}
