/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.netraid.block.BlockError;

/** A file descriptor opened through {@link LibC}, for the calls that a FileChannel does not offer. */
final class NativeFile implements AutoCloseable {

    private final String path;
    private int fd;

    private NativeFile(String path, int fd) {
        this.path = path;
        this.fd = fd;
    }

    /** @return the open file, or null; then {@link LibC#lastErrno} tells why */
    static NativeFile open(Path path, int flags) {
        byte[] name = (path + "\0").getBytes(StandardCharsets.UTF_8);
        int fd;
        do {
            fd = LibC.calls().open(name, flags | LibC.O_CLOEXEC, 0);
        } while (fd < 0 && LibC.lastErrno() == Errno.EINTR);
        return fd < 0 ? null : new NativeFile(path.toString(), fd);
    }

    int fd() {
        return fd;
    }

    /** @return 0 or errno */
    int flock(int operation) {
        return LibC.calls().flock(fd, operation) == 0 ? 0 : LibC.lastErrno();
    }

    /** @return 0 or errno */
    int fallocate(int mode, long offsetBytes, long lengthBytes) {
        int errno;
        do {
            errno = LibC.calls().fallocate(fd, mode, offsetBytes, lengthBytes) == 0 ? 0 : LibC.lastErrno();
        } while (errno == Errno.EINTR);
        return errno;
    }

    /** Forgets what the cache holds and the medium should hold as well: the next reads ask the medium. */
    void dropCleanCache() {
        // Nothing hangs on success: a cache that stays is as good as it was.
        LibC.calls().posix_fadvise(fd, 0, 0, LibC.POSIX_FADV_DONTNEED);
    }

    /** @param whence SEEK_DATA or SEEK_HOLE. @return the offset found, or errno negated; ENXIO: no data from here on */
    long seek(long offsetBytes, int whence) {
        long found = LibC.calls().lseek(fd, offsetBytes, whence);
        return found >= 0 ? found : -LibC.lastErrno();
    }

    /** A block ioctl on a range, such as BLKDISCARD. @return 0 or errno */
    int ioctlRange(long request, long offsetBytes, long lengthBytes) {
        ByteBuffer range = ByteBuffer.allocate(16).order(ByteOrder.nativeOrder());
        range.putLong(offsetBytes).putLong(lengthBytes);
        return ioctl(request, range.array());
    }

    /** @return 0 or errno */
    int ioctl(long request, byte[] argument) {
        return LibC.calls().ioctl(fd, request, argument) >= 0 ? 0 : LibC.lastErrno();
    }

    /** @return what the call returns (0 or more), or errno negated */
    int ioctl(long request, long argument) {
        int result = LibC.calls().ioctl(fd, request, argument);
        return result >= 0 ? result : -LibC.lastErrno();
    }

    /** Size of a block device. */
    long blockDeviceBytes() throws DiskException {
        byte[] size = new byte[8];
        check(ioctl(LibC.BLKGETSIZE64, size), "cannot read the size of");
        return ByteBuffer.wrap(size).order(ByteOrder.nativeOrder()).getLong();
    }

    /** Logical sector size of a block device. */
    int sectorBytes() throws DiskException {
        byte[] size = new byte[4];
        check(ioctl(LibC.BLKSSZGET, size), "cannot read the sector size of");
        return ByteBuffer.wrap(size).order(ByteOrder.nativeOrder()).getInt();
    }

    private void check(int errno, String what) throws DiskException {
        if (errno != 0) {
            throw new DiskException(BlockError.EIO, what + " " + path + ": " + Errno.text(errno));
        }
    }

    @Override
    public void close() {
        if (fd >= 0) {
            // Nothing is buffered behind this descriptor: an error here has nothing to lose.
            LibC.calls().close(fd);
            fd = -1;
        }
    }
}
