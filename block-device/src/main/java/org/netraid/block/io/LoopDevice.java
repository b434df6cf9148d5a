/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A file made into a block device by the kernel's loop driver; for rigs and tests. Needs root. Blocking; not for a loop.
 *
 * <p>With {@code autoclear} the kernel detaches it when its last user closes it, at the latest when this process dies; this
 * object is one of the users until {@link #detach}.
 */
public final class LoopDevice {

    /**
     * @param readOnly attach for reading only
     * @param autoclear detach with the last user
     * @param directIo bypass the page cache of the file below; not every file system can
     */
    public record Options(boolean readOnly, boolean autoclear, boolean directIo) {
        public static final Options DEFAULT = new Options(false, true, false);
    }

    private static final Path CONTROL = Path.of("/dev/loop-control");
    private static final int MAX_TRIES = 32;
    private static final int FLAG_AUTOCLEAR = 4;
    /** struct loop_info64. */
    private static final int INFO_BYTES = 232;
    private static final int INFO_FLAGS_AT = 52;
    private static final int INFO_NAME_AT = 56;
    private static final int INFO_NAME_BYTES = 64;
    private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(5);

    private final int number;
    private final NativeFile device;

    private LoopDevice(int number, NativeFile device) {
        this.number = number;
        this.device = device;
    }

    /** True if this process may attach loop devices: root, with the driver there. */
    public static boolean isSupported() {
        return Files.isReadable(CONTROL) && Files.isWritable(CONTROL);
    }

    /** @throws DeviceOpenException with one sentence for an operator */
    public static LoopDevice attach(Path file, Options options) throws DeviceOpenException {
        int access = options.readOnly() ? LibC.O_RDONLY : LibC.O_RDWR;
        try (NativeFile control = open(CONTROL, LibC.O_RDWR, file); NativeFile backing = open(file, access, file)) {
            for (int tries = 0; tries < MAX_TRIES; tries++) {
                int free = control.ioctl(LibC.LOOP_CTL_GET_FREE, 0L);
                if (free < 0) {
                    throw failure(file, "no free loop device: " + Errno.text(-free));
                }
                NativeFile device = open(Path.of("/dev/loop" + free), access, file);
                int result = device.ioctl(LibC.LOOP_SET_FD, backing.fd());
                if (result == 0) {
                    return configured(new LoopDevice(free, device), file, options);
                }
                device.close();
                // EBUSY: somebody else took this one between the two calls.
                if (result != -Errno.EBUSY) {
                    throw failure(file, Errno.text(-result));
                }
            }
            throw failure(file, "other processes took every free loop device first");
        }
    }

    private static LoopDevice configured(LoopDevice loop, Path file, Options options) throws DeviceOpenException {
        ByteBuffer info = ByteBuffer.allocate(INFO_BYTES).order(ByteOrder.nativeOrder());
        info.putInt(INFO_FLAGS_AT, options.autoclear() ? FLAG_AUTOCLEAR : 0);
        byte[] name = file.toAbsolutePath().toString().getBytes(StandardCharsets.UTF_8);
        info.put(INFO_NAME_AT, name, 0, Math.min(name.length, INFO_NAME_BYTES - 1));
        int errno = loop.device.ioctl(LibC.LOOP_SET_STATUS64, info.array());
        if (errno == 0 && options.directIo()) {
            errno = -loop.device.ioctl(LibC.LOOP_SET_DIRECT_IO, 1L);
        }
        if (errno != 0) {
            loop.device.ioctl(LibC.LOOP_CLR_FD, 0L);
            loop.device.close();
            throw failure(file, (options.directIo() ? "direct I/O or flags refused: " : "flags refused: ") + Errno.text(errno));
        }
        return loop;
    }

    private static NativeFile open(Path path, int access, Path file) throws DeviceOpenException {
        NativeFile opened = NativeFile.open(path, access);
        if (opened == null) {
            throw failure(file, "cannot open " + path + ": " + Errno.text(LibC.lastErrno()));
        }
        return opened;
    }

    private static DeviceOpenException failure(Path file, String reason) {
        return new DeviceOpenException("cannot attach " + file + " to a loop device: " + reason);
    }

    /** {@code /dev/loop0}. */
    public Path path() {
        return Path.of("/dev/loop" + number);
    }

    public long sizeBytes() throws IOException {
        return device.blockDeviceBytes();
    }

    public int sectorBytes() throws IOException {
        return device.sectorBytes();
    }

    /**
     * Detaches and waits until the kernel has let go of the file. Other users (a mount, an open device) make the kernel
     * wait for their close.
     *
     * @return false if something still holds it at the deadline; it goes away with its last user
     */
    public boolean detach(long timeoutNs) {
        long deadlineNs = System.nanoTime() + timeoutNs;
        device.ioctl(LibC.LOOP_CLR_FD, 0L);
        device.close();
        Path backing = Path.of("/sys/block/loop" + number + "/loop/backing_file");
        while (Files.exists(backing)) {
            if (System.nanoTime() - deadlineNs >= 0) {
                return false;
            }
            LockSupport.parkNanos(POLL_NS);
        }
        return true;
    }
}
