/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import java.util.function.Consumer;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.intentlog.format.ActivityBlockCodec;
import org.netraid.time.EventLoop;

/**
 * Whether the log can be relied on, and where it is kept.
 *
 * <pre>
 *   on its device ── error ─┬─ no policy, or its record fails ──► failed, for good
 *         ▲                 └─ recorded that all need a full resync ──► in memory alone ─┐
 *         └──────────────────────────── reattach ────────────────────────────────────────┘
 * </pre>
 */
final class LogHealth {

    private final DiskIntentLog log;
    private final EventLoop loop;
    private String failure;
    private LogFailurePolicy policy;
    private Consumer<String> failureListener = detail -> { };
    private String degraded = "";
    private boolean degrading;
    private IntentWaiter reattaching;

    LogHealth(DiskIntentLog log, EventLoop loop) {
        this.log = log;
        this.loop = loop;
    }

    boolean isFailed() {
        return failure != null;
    }

    /** Why the log takes nothing any more, for people; empty while it works. */
    String failure() {
        return failure == null ? "" : failure;
    }

    /** True while a policy's record is on its way; nothing is granted meanwhile. */
    boolean isDegrading() {
        return degrading;
    }

    /** True while the log goes on in memory alone. */
    boolean isDegraded() {
        return !degraded.isEmpty();
    }

    /** Why the log is kept in memory alone, for people; empty while every promise is on its device. */
    String degraded() {
        return degraded;
    }

    /** What to do instead of refusing everything when the device fails; without it, or when it fails too, that is final. */
    void onDeviceFailure(LogFailurePolicy instead) {
        policy = instead;
    }

    void onFailedForGood(Consumer<String> told) {
        failureListener = told;
    }

    /** A write or flush of the log's device has failed; the commit it was part of is still running. */
    void fail(String detail) {
        if (policy == null || log.closing.isClosed()) {
            failForGood(detail);
        } else if (!degraded.isEmpty()) {
            // the record that every target needs a full resync is still in force
            goOnInMemory(detail);
        } else {
            degrading = true;
            policy.recordFullResync(detail, error -> {
                degrading = false;
                if (error.isError()) {
                    failForGood(detail + "; nor could it be recorded that every target needs a full resync");
                } else {
                    goOnInMemory(detail);
                }
            });
        }
    }

    private void goOnInMemory(String detail) {
        degraded = detail;
        log.cooling.stop();
        IntentWaiter waiter = reattaching;
        reattaching = null;
        if (waiter != null) {
            loop.execute(() -> waiter.onIntent(BlockError.EIO));
        }
        log.committer.goOnInMemory();
    }

    private void failForGood(String detail) {
        failure = "intent log failed, no further write is accepted: " + detail;
        loop.execute(() -> failureListener.accept(detail)); // before those who waited hear of it: they know no detail
        log.commits.refuseAll();
        log.closing.refuse();
    }

    /**
     * Writes all that a degraded log knows to a device, as a new log, and goes on there.
     *
     * @param done NONE when it is durable there: from now on the record of {@link LogFailurePolicy} may be withdrawn; else the log stays
     *     as it is, in memory
     */
    void reattach(BlockDevice device, IntentWaiter done) {
        boolean fits = device.geometry().sizeBytes() >= log.layout().sizeBytes()
                && device.geometry().minBlockBytes() <= IntentLogLayout.BLOCK_BYTES;
        if (degraded.isEmpty() || failure != null || log.closing.hasBegun() || reattaching != null || !fits) {
            loop.execute(() -> done.onIntent(fits ? BlockError.EINVAL : BlockError.ENOSPC));
            return;
        }
        reattaching = done;
        log.committer.attach(new LogIo(device, this::fail), loop.nanoTime());
        for (int s = 0; s < log.table.slots(); s++) {
            if (log.table.extentAt[s] != ActivityBlockCodec.FREE) {
                log.commits.gathering().add(s, ActivityBlockCodec.FREE, log.table.extentAt[s]);
            }
        }
        for (TargetSlot target : log.slots.all) {
            target.bitmap.nothingWritten(target.fillOnes, log.slots.chunkCount);
        }
        log.commits.wantBits();
        log.commits.add(error -> reattached());
        log.commits.schedule();
    }

    private void reattached() {
        IntentWaiter waiter = reattaching;
        reattaching = null;
        if (waiter != null) {
            degraded = "";
            log.cooling.restart();
            waiter.onIntent(BlockError.NONE);
            log.lazy.arm();
        }
    }
}
