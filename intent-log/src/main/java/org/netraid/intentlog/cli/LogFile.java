/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.io.DeviceOpenException;
import org.netraid.block.io.DiskWorkers;
import org.netraid.block.io.FileBlockDevice;
import org.netraid.block.io.FileDeviceOptions;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.DiskIntentLog;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.IntentLogConfig;
import org.netraid.intentlog.IntentLogLayout;
import org.netraid.intentlog.IntentWaiter;
import org.netraid.intentlog.format.Superblock;
import org.netraid.intentlog.format.SuperblockCodec;

/** One log file: its superblock, and the log as the next start of the mirror would find it. */
final class LogFile {

    /** Something done to an open log. */
    @FunctionalInterface
    interface Change {
        void apply(DiskIntentLog log, Waits waits) throws ToolFailure;
    }

    /** Lets a change wait for its log. */
    @FunctionalInterface
    interface Waits {
        /** Starts something that is told a waiter, and waits for it. */
        void until(java.util.function.Consumer<IntentWaiter> start) throws ToolFailure;
    }

    final Path path;
    final Superblock superblock;
    private final ToolLoop loop = new ToolLoop();

    private LogFile(Path path, Superblock superblock) {
        this.path = path;
        this.superblock = superblock;
    }

    /** Reads the superblock; refuses what is no intent log. */
    static LogFile at(Path path) throws ToolFailure {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            Superblock best = null;
            String problem = "";
            for (int copy = 0; copy < 2; copy++) {
                ByteBuffer block = ByteBuffer.allocate(IntentLogLayout.BLOCK_BYTES);
                channel.read(block, IntentLogLayout.superblockOffset(copy));
                String found = SuperblockCodec.problem(block.clear());
                problem = found == null ? problem : found;
                if (found == null && (best == null || SuperblockCodec.decode(block).sequence() > best.sequence())) {
                    best = SuperblockCodec.decode(block);
                }
            }
            if (best == null) {
                throw new ToolFailure(BitmapTool.DAMAGED, path + " has no superblock that can be read: " + problem);
            }
            return new LogFile(path, best);
        } catch (NoSuchFileException e) {
            throw new ToolFailure(BitmapTool.FAILED, path + " does not exist");
        } catch (IOException e) {
            throw new ToolFailure(BitmapTool.FAILED, path + " cannot be read: " + e.getMessage());
        }
    }

    IntentLogLayout layout() {
        return new IntentLogLayout(superblock.deviceSizeBytes(), superblock.chunkBytes(), superblock.alSlots());
    }

    /** The log as the next start would find it; the file is not changed. */
    DiskIntentLog snapshot() throws ToolFailure {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            return open(new SnapshotDevice(path.toString(), channel, loop));
        } catch (IOException e) {
            throw new ToolFailure(BitmapTool.FAILED, path + " cannot be read: " + e.getMessage());
        }
    }

    private DiskIntentLog open(BlockDevice device) throws ToolFailure {
        IntentLogConfig config = IntentLogConfig.of(superblock.mirrorId(), superblock.nodeName(), superblock.deviceSizeBytes())
                .withChunkBytes(superblock.chunkBytes()).withAlSlots(superblock.alSlots());
        Object[] outcome = new Object[2];
        DiskIntentLog.open(device, config, loop, FaultPoints.NONE, (log, error) -> {
            outcome[0] = log;
            outcome[1] = error;
        });
        loop.runUntil(() -> outcome[1] != null);
        if (outcome[0] == null) {
            throw new ToolFailure(BitmapTool.FAILED, (String) outcome[1]);
        }
        return (DiskIntentLog) outcome[0];
    }

    /** Opens the file for nobody else, applies the change, closes the log in order. Refuses a damaged log and one in use. */
    void change(Change change) throws ToolFailure {
        withDevice(device -> changeOn(device, change));
    }

    /** Something done while nobody else can open the log. */
    @FunctionalInterface
    interface Action {
        void run() throws ToolFailure;
    }

    /** Does something while nobody else can open the file, which is not changed. Refuses a damaged log and one in use. */
    void hold(Action action) throws ToolFailure {
        withDevice(device -> action.run());
    }

    @FunctionalInterface
    private interface DeviceAction {
        void run(BlockDevice device) throws ToolFailure;
    }

    private void withDevice(DeviceAction action) throws ToolFailure {
        IntentLog.Recovery found = snapshot().recovery();
        if (found.kind() == IntentLog.Recovery.Kind.LOST) {
            throw new ToolFailure(BitmapTool.DAMAGED, path + " is damaged and was not changed; the mirror makes a new one when it starts"
                    + " (bitmap --verify says what is damaged)");
        }
        try (DiskWorkers workers = new DiskWorkers("bitmap", 1)) {
            FileBlockDevice device = FileBlockDevice.open(path, FileDeviceOptions.DEFAULT, loop, workers);
            boolean[] closed = new boolean[1];
            try {
                action.run(device);
            } finally {
                device.close(() -> closed[0] = true);
                loop.runUntil(() -> closed[0]);
            }
        } catch (DeviceOpenException e) {
            throw new ToolFailure(BitmapTool.IN_USE, e.getMessage() + "; nothing was changed (stop the mirror first)");
        }
    }

    private void changeOn(BlockDevice device, Change change) throws ToolFailure {
        DiskIntentLog log = open(device);
        Waits waits = start -> {
            BlockError[] result = new BlockError[1];
            start.accept(error -> result[0] = error);
            loop.runUntil(() -> result[0] != null);
            if (result[0].isError()) {
                throw new ToolFailure(BitmapTool.FAILED, path + ": " + log.failure());
            }
        };
        change.apply(log, waits);
        waits.until(log::close);
    }
}
