/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.io.DeviceOpenException;
import org.netraid.block.io.DiskWorkers;
import org.netraid.block.io.FileBlockDevice;
import org.netraid.block.io.FileDeviceOptions;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.DiskIntentLog;
import org.netraid.intentlog.IntentLogConfig;
import org.netraid.intentlog.LogReshape;
import org.netraid.intentlog.format.Superblock;
import org.netraid.time.EventLoop;

/**
 * Replaces a log by one for another device size or chunk size: the new log is made whole and durable beside the old one, then takes its
 * name in one step. A crash before that step leaves the old log untouched, a crash after it the new one.
 */
final class LogReplacement {

    private static final String SUFFIX = ".new";
    private static final long MAX_LOG_BYTES = 1L << 30;
    private static final int ZERO_BYTES = 256 << 10;

    /** Sees every step before it is taken: for tests that end the process there. */
    interface Steps {
        Steps NONE = new Steps() { };

        default void before(String step) {
        }

        default BlockDevice over(BlockDevice device, EventLoop deviceLoop) {
            return device;
        }
    }

    private final LogFile file;
    private final IntentLogConfig config;
    private final Steps steps;
    private final Path fresh;
    private final ToolLoop loop = new ToolLoop();

    LogReplacement(LogFile file, long deviceSizeBytes, int chunkBytes, Steps steps) {
        Superblock old = file.superblock;
        this.file = file;
        this.steps = steps;
        config = IntentLogConfig.of(old.mirrorId(), old.nodeName(), deviceSizeBytes).withChunkBytes(chunkBytes)
                .withAlSlots(old.alSlots());
        fresh = file.path.resolveSibling(file.path.getFileName() + SUFFIX);
    }

    void run() throws ToolFailure {
        long bytes = config.layout().sizeBytes();
        if (bytes > MAX_LOG_BYTES) {
            throw new ToolFailure(BitmapTool.USAGE, "the log would need " + bytes + " bytes, more than " + MAX_LOG_BYTES
                    + "; choose larger chunks");
        }
        if (!Files.isRegularFile(file.path, LinkOption.NOFOLLOW_LINKS)) {
            throw new ToolFailure(BitmapTool.FAILED, file.path + " is not a regular file, so nothing can take its place in one step;"
                    + " nothing was changed");
        }
        file.hold(() -> {
            try {
                make(file.snapshot(), bytes);
                takeItsPlace();
            } catch (IOException | ToolFailure e) {
                discard();
                throw new ToolFailure(BitmapTool.FAILED, "the new log " + fresh + " cannot be made: " + e.getMessage() + "; " + file.path
                        + " was not changed");
            }
        });
    }

    private void discard() {
        try {
            Files.deleteIfExists(fresh);
        } catch (IOException e) {
            // The next attempt makes it anew; it is never read.
        }
    }

    private void make(DiskIntentLog old, long bytes) throws ToolFailure, IOException {
        steps.before("create");
        Files.deleteIfExists(fresh);
        Files.createFile(fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        fill(bytes);
        try (DiskWorkers workers = new DiskWorkers("bitmap-new", 1)) {
            BlockDevice device = FileBlockDevice.open(fresh, FileDeviceOptions.DEFAULT, loop, workers);
            boolean[] closed = new boolean[1];
            try {
                write(old, steps.over(device, loop));
            } finally {
                device.close(() -> closed[0] = true);
                loop.runUntil(() -> closed[0]);
            }
        } catch (DeviceOpenException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** Zeros once, so that no later log write must wait for the file system to allocate. */
    private void fill(long bytes) throws IOException {
        ByteBuffer zeros = ByteBuffer.allocateDirect(ZERO_BYTES);
        try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
            for (long at = 0; at < bytes;) {
                steps.before("fill");
                at += channel.write(zeros.clear().limit((int) Math.min(ZERO_BYTES, bytes - at)), at);
            }
            channel.force(true);
        }
    }

    private void write(DiskIntentLog old, BlockDevice device) throws ToolFailure {
        DiskIntentLog[] made = new DiskIntentLog[1];
        String[] problem = new String[1];
        DiskIntentLog.create(device, config, loop, FaultPoints.NONE, (log, error) -> {
            made[0] = log;
            problem[0] = error;
        });
        loop.runUntil(() -> problem[0] != null);
        BlockError[] result = new BlockError[1];
        if (made[0] != null) {
            LogReshape.carryOver(old, made[0], error -> result[0] = error);
            loop.runUntil(() -> result[0] != null);
        }
        if (made[0] == null || result[0].isError()) {
            throw new ToolFailure(BitmapTool.FAILED, made[0] == null ? problem[0] : made[0].failure());
        }
    }

    private void takeItsPlace() throws IOException {
        steps.before("force");
        try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        steps.before("rename");
        Files.move(fresh, file.path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        steps.before("force folder");
        try (FileChannel folder = FileChannel.open(file.path.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
            folder.force(true);
        }
    }
}
