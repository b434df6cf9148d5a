/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.sim;

import java.util.EnumSet;
import java.util.Set;

import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;

/** One fault of a {@link SimDisk}: which requests it meets and what it does to them. Made by the disk's {@code fault()}. */
public final class SimDiskFault {

    enum Effect { FAIL, HANG, SLOW, LOSE, MISDIRECT }

    private final Set<BlockCommand> commands = EnumSet.allOf(BlockCommand.class);
    private long fromOffset;
    private long toOffset = Long.MAX_VALUE;
    private int skip;
    private int remaining = Integer.MAX_VALUE;
    private boolean anyOffset = true;

    private Effect effect;
    private BlockError error = BlockError.EIO;
    private int slowFactor = 1;
    private long misdirectBytes;

    SimDiskFault() {
    }

    /** Meets only these commands. */
    public SimDiskFault on(BlockCommand first, BlockCommand... more) {
        commands.clear();
        commands.addAll(EnumSet.of(first, more));
        return this;
    }

    /** Meets only requests that touch this area; never a FLUSH. */
    public SimDiskFault area(long offsetBytes, long lengthBytes) {
        fromOffset = offsetBytes;
        toOffset = offsetBytes + lengthBytes;
        anyOffset = false;
        return this;
    }

    /** Lets this many matching requests pass first. */
    public SimDiskFault afterPassing(int count) {
        skip = count;
        return this;
    }

    public SimDiskFault once() {
        return times(1);
    }

    public SimDiskFault times(int count) {
        remaining = count;
        return this;
    }

    /** Completes with this error; of a modifying command nothing, a part or all is applied. */
    public SimDiskFault fail(BlockError withError) {
        effect = Effect.FAIL;
        error = withError;
        return this;
    }

    /** Never completes until {@link SimDisk#releaseHung}. */
    public SimDiskFault hang() {
        effect = Effect.HANG;
        return this;
    }

    /** Takes so many times as long. */
    public SimDiskFault slow(int factor) {
        effect = Effect.SLOW;
        slowFactor = factor;
        return this;
    }

    /** Reports success and changes nothing (a lost write; for a flush, a lying cache). */
    public SimDiskFault lose() {
        effect = Effect.LOSE;
        return this;
    }

    /** The modification lands so many bytes away and success is reported. */
    public SimDiskFault misdirect(long byBytes) {
        effect = Effect.MISDIRECT;
        misdirectBytes = byBytes;
        return this;
    }

    /** Ends the fault; hung requests stay hung. */
    public void clear() {
        remaining = 0;
    }

    /** True if the request meets this fault; counts it. */
    boolean meets(BlockRequest request) {
        if (remaining == 0 || effect == null || !commands.contains(request.command())) {
            return false;
        }
        if (!anyOffset && (request.command() == BlockCommand.FLUSH || request.offsetBytes() >= toOffset
                || request.offsetBytes() + request.lengthBytes() <= fromOffset)) {
            return false;
        }
        if (skip > 0) {
            skip--;
            return false;
        }
        if (remaining != Integer.MAX_VALUE) {
            remaining--;
        }
        return true;
    }

    boolean isSpent() {
        return remaining == 0;
    }

    Effect effect() {
        return effect;
    }

    BlockError error() {
        return error;
    }

    int slowFactor() {
        return slowFactor;
    }

    long misdirectBytes() {
        return misdirectBytes;
    }
}
