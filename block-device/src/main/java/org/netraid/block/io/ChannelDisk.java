/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.block.ExtentList;

/** A regular file or a block special file, reached by FileChannel and, for holes and zeros, by {@link NativeFile}. */
final class ChannelDisk implements RawDisk {

    /** Longest range given to one fallocate or ioctl, so that one call does not hold the inode for minutes. */
    private static final long MAX_NATIVE_BYTES = 1L << 30;
    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(256 << 10).asReadOnlyBuffer();
    private static final int HOLE = LibC.FALLOC_FL_PUNCH_HOLE | LibC.FALLOC_FL_KEEP_SIZE;
    private static final int ALLOCATED_ZEROS = LibC.FALLOC_FL_ZERO_RANGE | LibC.FALLOC_FL_KEEP_SIZE;

    private final Path path;
    private final FileChannel channel;
    private final DirectChannel direct;
    /** Device and inode of the open file: the native descriptor must be of the same. */
    private final Object key;
    /** Logical sector of a block device; 1 for a file, where the kernel takes care of partial blocks. */
    private final int sectorBytes;
    private final boolean isBlockDevice;
    private final boolean readOnly;
    private final HoleFinder holes = new HoleFinder();
    private NativeFile nativeFile;

    /**
     * @param nativeFile already open, or null: opened when first needed
     * @param direct a second way to the same file, or null for none
     */
    ChannelDisk(Path path, FileChannel channel, Object key, boolean isBlockDevice, boolean readOnly, int sectorBytes,
            NativeFile nativeFile, DirectChannel direct) {
        this.direct = direct;
        this.path = path;
        this.channel = channel;
        this.key = key;
        this.isBlockDevice = isBlockDevice;
        this.readOnly = readOnly;
        this.sectorBytes = sectorBytes;
        this.nativeFile = nativeFile;
    }

    @Override
    public void read(ByteBuffer into, long offsetBytes) throws IOException {
        long at = offsetBytes;
        while (into.hasRemaining()) {
            int count = channelFor(into, at).read(into, at);
            if (count < 0) {
                throw new DiskException(BlockError.EIO, "the disk ends at byte " + at + ": it was shortened while in use");
            }
            at += count;
        }
    }

    @Override
    public void write(ByteBuffer from, long offsetBytes) throws IOException {
        long at = offsetBytes;
        while (from.hasRemaining()) {
            at += channelFor(from, at).write(from, at);
        }
    }

    private FileChannel channelFor(ByteBuffer data, long offsetBytes) {
        return direct != null && direct.takes(data, offsetBytes) ? direct.channel() : channel;
    }

    @Override
    public void sync() throws IOException {
        channel.force(false);
    }

    @Override
    public void trim(long offsetBytes, long lengthBytes) throws IOException {
        long start = roundUp(offsetBytes);
        long end = roundDown(offsetBytes + lengthBytes);
        if (start >= end) {
            return;
        }
        NativeFile file = nativeFile();
        holes.onPunch();
        int errno = overSlices(start, end, (at, length) ->
                isBlockDevice ? file.ioctlRange(LibC.BLKDISCARD, at, length) : file.fallocate(HOLE, at, length));
        holes.onPunch();
        if (errno != 0 && !Errno.isUnsupported(errno)) {
            throw failure(errno);
        }
    }

    @Override
    public void zero(long offsetBytes, long lengthBytes, int flags) throws IOException {
        long end = offsetBytes + lengthBytes;
        long innerStart = Math.min(roundUp(offsetBytes), end);
        long innerEnd = Math.max(roundDown(end), innerStart);
        int errno = innerStart == innerEnd ? 0 : zeroFast(innerStart, innerEnd, (flags & BlockRequest.NO_HOLE) != 0);
        if (errno != 0) {
            if (!Errno.isUnsupported(errno)) {
                throw failure(errno);
            }
            if ((flags & BlockRequest.FAST_ZERO) != 0) {
                throw new DiskException(BlockError.ENOTSUP, "the medium has no fast way to zero");
            }
            zeroSlowly(innerStart, innerEnd);
        }
        writeZeros(offsetBytes, innerStart);
        writeZeros(innerEnd, end);
    }

    private int zeroFast(long start, long end, boolean noHole) throws IOException {
        NativeFile file = nativeFile();
        if (noHole && isBlockDevice) {
            // Only BLKZEROOUT keeps the range provisioned, and it does not tell whether it is fast.
            return Errno.EOPNOTSUPP;
        }
        int mode = noHole ? ALLOCATED_ZEROS : HOLE;
        holes.onPunch();
        int errno = overSlices(start, end, (at, length) -> file.fallocate(mode, at, length));
        holes.onPunch();
        return errno;
    }

    private void zeroSlowly(long start, long end) throws IOException {
        if (isBlockDevice) {
            NativeFile file = nativeFile();
            int errno = overSlices(start, end, (at, length) -> file.ioctlRange(LibC.BLKZEROOUT, at, length));
            if (errno == 0) {
                return;
            }
            if (!Errno.isUnsupported(errno)) {
                throw failure(errno);
            }
        }
        writeZeros(start, end);
    }

    private void writeZeros(long start, long end) throws IOException {
        long at = start;
        while (at < end) {
            ByteBuffer slice = ZEROS.duplicate();
            slice.limit((int) Math.min(slice.capacity(), end - at));
            write(slice, at);
            at += slice.limit();
        }
    }

    @Override
    public void extents(long offsetBytes, long lengthBytes, boolean one, ExtentList into) {
        NativeFile file = isBlockDevice ? null : nativeFileOrNull();
        if (file == null) {
            // what a discarded block of a device reads as is up to the device; and "data" is always true
            into.add(lengthBytes, ExtentList.DATA);
        } else {
            holes.find(file::seek, offsetBytes, lengthBytes, one, into);
        }
    }

    @Override
    public FileBytes stored() {
        return direct == null ? FileBytes.of(channel) : null;
    }

    @Override
    public void dropCleanCache() {
        NativeFile file = nativeFileOrNull();
        if (file != null) {
            file.dropCleanCache();
        }
    }

    /** For what can be done without: null where the path does not lead to the open file any more, for one. */
    private NativeFile nativeFileOrNull() {
        try {
            return nativeFile();
        } catch (IOException unavailable) {
            return null;
        }
    }

    private interface RangeCall {
        /** @return 0 or errno */
        int apply(long offsetBytes, long lengthBytes);
    }

    private static int overSlices(long start, long end, RangeCall call) {
        for (long at = start; at < end; at += MAX_NATIVE_BYTES) {
            int errno = call.apply(at, Math.min(MAX_NATIVE_BYTES, end - at));
            if (errno != 0) {
                return errno;
            }
        }
        return 0;
    }

    private static DiskException failure(int errno) {
        return new DiskException(Errno.toBlockError(errno), Errno.text(errno));
    }

    private long roundUp(long value) {
        long rest = value % sectorBytes;
        return rest == 0 ? value : value + sectorBytes - rest;
    }

    private long roundDown(long value) {
        return value - value % sectorBytes;
    }

    private synchronized NativeFile nativeFile() throws IOException {
        if (nativeFile == null) {
            NativeFile opened = NativeFile.open(path, readOnly ? LibC.O_RDONLY : LibC.O_RDWR);
            if (opened == null) {
                throw failure(LibC.lastErrno());
            }
            if (!key.equals(key(Path.of("/proc/self/fd/" + opened.fd())))) {
                opened.close();
                throw new DiskException(BlockError.EIO, "the path leads to another file than the open one");
            }
            nativeFile = opened;
        }
        return nativeFile;
    }

    static Object key(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    }

    @Override
    public synchronized void close() throws IOException {
        if (nativeFile != null) {
            nativeFile.close();
        }
        if (direct != null) {
            direct.close();
        }
        channel.close();
    }
}
