/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Blocks for files that are written through memory: a store to a page without one is no error that anybody could answer, but a signal. */
public final class FileSpace {

    private static final int ZERO_BYTES = 64 << 10;

    private FileSpace() {
    }

    /**
     * Gives a range of a file real blocks; makes the file, and makes it longer, if need be. May block. Where the file system has no
     * fallocate, zeros are written: so the range must hold nothing yet.
     *
     * @throws IOException if there is no space, with what the system says
     */
    public static void reserve(Path file, long offsetBytes, long lengthBytes) throws IOException {
        int errno = fallocate(file, offsetBytes, lengthBytes);
        if (errno == Errno.EOPNOTSUPP || errno == Errno.EINVAL || errno == Errno.ENOSYS) {
            writeZeros(file, offsetBytes, lengthBytes);
        } else if (errno != 0) {
            throw new IOException(errno == Errno.ENOSPC ? "no space left on its file system"
                    : "its file system gives it no space (error " + errno + ")");
        }
    }

    private static int fallocate(Path file, long offsetBytes, long lengthBytes) throws IOException {
        try (NativeFile open = openOrCreate(file)) {
            return open.fallocate(0, offsetBytes, lengthBytes);
        }
    }

    private static NativeFile openOrCreate(Path file) throws IOException {
        NativeFile open = NativeFile.open(file, LibC.O_RDWR);
        if (open == null && LibC.lastErrno() == Errno.ENOENT) {
            FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE).close();
            open = NativeFile.open(file, LibC.O_RDWR);
        }
        if (open == null) {
            throw new IOException(file + " cannot be opened (error " + LibC.lastErrno() + ")");
        }
        return open;
    }

    private static void writeZeros(Path file, long offsetBytes, long lengthBytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            writeZeros(channel, offsetBytes, lengthBytes);
        }
    }

    private static void writeZeros(FileChannel channel, long offsetBytes, long lengthBytes) throws IOException {
        ByteBuffer zeros = ByteBuffer.allocateDirect(ZERO_BYTES);
        for (long at = offsetBytes; at < offsetBytes + lengthBytes; ) {
            zeros.clear().limit((int) Math.min(ZERO_BYTES, offsetBytes + lengthBytes - at));
            at += channel.write(zeros, at);
        }
    }
}
