/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.mirror.LocalState;
import org.netraid.mirror.Mirror;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimRandom;
import org.netraid.sim.SimScheduler;

/** The application: random overlapping operations with a stamp of their own, a bounded number at a time. */
final class SimClient {

    private static final int SPOT_BYTES = 32 << 10;
    private static final long THINK_NS = 2_000_000L;

    /** Told of every end of an operation, after the history. */
    interface Judge {
        /** A modification is about to be submitted. */
        void begun(Operation operation);

        void ended(Operation operation);
    }

    /** One operation. */
    static final class Operation {
        final BlockCommand command;
        final long offset;
        final long length;
        final int flags;
        final byte[] data;
        final BlockRequest request = new BlockRequest();
        long invoked;
        ClientWrite write;
        BlockError error;
        /** Slots in sync when it was submitted. */
        int inSyncMask;
        /** The source's disk was given up when it was submitted: every target in sync counts as one of protocol C. */
        boolean begunWithoutLocal;
        /** Of the {@link ProtocolMix} when it was submitted. */
        int mixVersion;

        Operation(BlockCommand command, long offset, long length, int flags) {
            this.command = command;
            this.offset = offset;
            this.length = length;
            this.flags = flags;
            this.data = command.hasData() ? new byte[(int) length] : null;
        }

        boolean touches(long otherOffset, long otherLength) {
            return command.modifies() && offset < otherOffset + otherLength && otherOffset < offset + length;
        }

        @Override
        public String toString() {
            return command + " " + length + "@" + offset + (flags == 0 ? "" : " flags " + flags)
                    + (write == null ? "" : " stamp " + write.stamp) + (error == null ? "" : " " + error);
        }
    }

    private final SimScheduler scheduler;
    private final SimSettings settings;
    private final SimRandom random;
    private final History history;
    private final Judge judge;
    private final long[] spots;
    private final List<Operation> running = new ArrayList<>();
    private final int limit;
    private Mirror mirror;
    private SimLoop loop;
    private boolean stopped;
    private long nextStamp = 1;
    private int started;
    private int acknowledged;
    private int failed;

    /** @param limit operations in all */
    SimClient(SimScheduler scheduler, SimSettings settings, History history, int limit, Judge judge) {
        this.scheduler = scheduler;
        this.settings = settings;
        this.random = scheduler.random("client");
        this.history = history;
        this.limit = limit;
        this.judge = judge;
        this.spots = new long[settings.hotSpots()];
        for (int i = 0; i < spots.length; i++) {
            long sectors = (settings.deviceBytes() - SPOT_BYTES) / Stamp.SECTOR;
            // the last spot reaches the end of the device, where the last chunk may be partial
            spots[i] = (i == 0 ? sectors : random.nextLong(sectors + 1)) * Stamp.SECTOR;
        }
    }

    /** The mirror is up: go on. */
    void attach(Mirror newMirror, SimLoop newLoop) {
        mirror = newMirror;
        loop = newLoop;
        for (int i = 0; i < settings.clientDepth(); i++) {
            think();
        }
    }

    /** The source has died; what was running is in doubt. */
    void sourceDied() {
        mirror = null;
        running.clear();
        history.sourceDied();
    }

    /** No operation starts any more; those running end. */
    void stop() {
        stopped = true;
    }

    boolean isFinished() {
        return started >= limit;
    }

    int started() {
        return started;
    }

    int acknowledged() {
        return acknowledged;
    }

    int failed() {
        return failed;
    }

    List<Operation> running() {
        return running;
    }

    /** True if an operation in flight modifies something in this range. */
    boolean isModifying(long offset, long length) {
        for (Operation operation : running) {
            if (operation.touches(offset, length)) {
                return true;
            }
        }
        return false;
    }

    private void think() {
        if (!stopped && !isFinished()) {
            loop.schedule(random.chance(300) ? 0 : random.nextLong(THINK_NS), this::next);
        }
    }

    private void next() {
        if (stopped || isFinished() || mirror == null) {
            return;
        }
        started++;
        Operation operation = draw();
        if (operation.command == BlockCommand.READ) {
            operation.invoked = history.beginRead();
        } else if (operation.command == BlockCommand.FLUSH) {
            operation.invoked = history.tick();
        } else {
            long stamp = operation.command == BlockCommand.WRITE ? nextStamp++ : 0;
            operation.write = history.begin(operation.offset, operation.length, stamp);
            operation.invoked = operation.write.invoked;
            if (operation.data != null) {
                Stamp.fill(operation.data, operation.offset, stamp);
            }
        }
        if (scheduler.isTracing()) {
            scheduler.note("client " + operation);
        }
        running.add(operation);
        if (operation.write != null) {
            judge.begun(operation);
        }
        operation.begunWithoutLocal = mirror.localState() != LocalState.ATTACHED;
        operation.inSyncMask = CopyChecker.inSyncMask(mirror, settings.targets());
        ByteBuffer buffer = operation.data == null ? null : ByteBuffer.wrap(operation.data);
        operation.request.set(operation.command, operation.offset, operation.length, operation.flags, buffer, done -> end(operation));
        mirror.submit(operation.request);
    }

    private void end(Operation operation) {
        if (!running.remove(operation)) {
            throw new SimViolation("I14", "completed twice: " + operation);
        }
        operation.error = operation.request.error();
        boolean ok = !operation.error.isError();
        if (ok) {
            acknowledged++;
        } else {
            failed++;
        }
        if (scheduler.isTracing()) {
            scheduler.note("client end of " + operation + " " + operation.request.errorDetail());
        }
        if (operation.write != null) {
            boolean definite = ok && operation.command != BlockCommand.TRIM;
            history.end(operation.write, definite, (operation.flags & BlockRequest.FUA) != 0);
        } else if (operation.command == BlockCommand.FLUSH && ok) {
            history.flushed(operation.invoked);
        }
        judge.ended(operation);
        if (operation.command == BlockCommand.READ) {
            history.endRead(operation.invoked);
        }
        think();
    }

    private Operation draw() {
        int kind = random.nextInt(100);
        int fua = random.chance(100) ? BlockRequest.FUA : 0;
        if (kind < 8) {
            return new Operation(BlockCommand.FLUSH, 0, 0, 0);
        }
        long length = (1 + random.nextLong(random.chance(600) ? 16 : settings.maxOperationBytes() / Stamp.SECTOR)) * Stamp.SECTOR;
        long offset;
        if (random.chance(900)) {
            offset = spots[random.nextInt(spots.length)] + random.nextLong(SPOT_BYTES / Stamp.SECTOR) * Stamp.SECTOR;
        } else {
            offset = random.nextLong(settings.deviceBytes() / Stamp.SECTOR) * Stamp.SECTOR;
        }
        length = Math.min(length, settings.deviceBytes() - offset);
        if (kind < 25) {
            return new Operation(BlockCommand.READ, offset, length, 0);
        }
        if (kind < 31) {
            return new Operation(BlockCommand.WRITE_ZEROES, offset, length, fua | (random.nextBoolean() ? BlockRequest.NO_HOLE : 0));
        }
        if (kind < 35) {
            return new Operation(BlockCommand.TRIM, offset, length, fua);
        }
        return new Operation(BlockCommand.WRITE, offset, length, fua | (random.nextBoolean() ? BlockRequest.STABLE_PAYLOAD : 0));
    }
}
