/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Consumer;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.fault.FaultPoints;
import org.netraid.time.EventLoop;

/** Bytes as a device with a loop of its own: for opening a log a million times. */
final class ImageDevice implements BlockDevice, EventLoop {

    private final byte[] image;
    private final Consumer<BlockRequest> onWrite;
    private final BlockGeometry geometry;
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();

    /** @param onWrite sees each write before it changes the image */
    ImageDevice(byte[] image, Consumer<BlockRequest> onWrite) {
        this.image = image;
        this.onWrite = onWrite;
        geometry = BlockGeometry.ofSize(image.length);
    }

    /** Opens the log in the image; fails if it cannot be opened at all. */
    static DiskIntentLog open(byte[] image, IntentLogConfig config, FaultPoints faults) {
        return open(image, config, faults, write -> { });
    }

    static DiskIntentLog open(byte[] image, IntentLogConfig config, FaultPoints faults, Consumer<BlockRequest> onWrite) {
        ImageDevice device = new ImageDevice(image, onWrite);
        DiskIntentLog[] log = new DiskIntentLog[1];
        DiskIntentLog.open(device, config, device, faults, (opened, error) -> {
            if (opened == null) {
                throw new AssertionError(error);
            }
            log[0] = opened;
        });
        for (Runnable task = device.tasks.poll(); task != null; task = device.tasks.poll()) {
            task.run();
        }
        return log[0];
    }

    @Override
    public void submit(BlockRequest request) {
        request.markSubmitted();
        int at = (int) request.offsetBytes();
        switch (request.command()) {
            case READ -> request.data().put(image, at, (int) request.lengthBytes());
            case WRITE -> {
                onWrite.accept(request);
                request.data().get(image, at, (int) request.lengthBytes());
            }
            default -> { }
        }
        tasks.add(request::complete);
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    /** Time stands still here. */
    @Override
    public Timer schedule(long delayNs, Runnable task) {
        return () -> { };
    }

    @Override
    public long nanoTime() {
        return 0;
    }

    @Override
    public String name() {
        return "image";
    }

    @Override
    public BlockGeometry geometry() {
        return geometry;
    }

    @Override
    public Set<BlockCapability> capabilities() {
        return EnumSet.of(BlockCapability.FLUSH, BlockCapability.FUA);
    }

    @Override
    public void close(Runnable closed) {
        tasks.add(closed);
    }
}
