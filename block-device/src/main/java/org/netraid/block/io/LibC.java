/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;
import jnr.ffi.annotations.In;
import jnr.ffi.annotations.Out;

/**
 * The system calls that Java has no class for. Numbers are those of Linux on x86-64 and aarch64
 * ({@code linux/fs.h}, {@code linux/falloc.h}, {@code linux/loop.h}, {@code fcntl.h}).
 */
final class LibC {

    static final int O_RDONLY = 0;
    static final int O_RDWR = 2;
    static final int O_EXCL = 0200;
    static final int O_CLOEXEC = 02000000;

    static final int LOCK_SH = 1;
    static final int LOCK_EX = 2;
    static final int LOCK_NB = 4;

    static final int FALLOC_FL_KEEP_SIZE = 1;
    static final int FALLOC_FL_PUNCH_HOLE = 2;
    static final int FALLOC_FL_ZERO_RANGE = 16;

    static final int POSIX_FADV_DONTNEED = 4;

    /** {@code cpu_set_t} of glibc: 1024 processors. */
    static final int CPU_SET_BYTES = 128;

    static final int SEEK_DATA = 3;
    static final int SEEK_HOLE = 4;

    static final long BLKSSZGET = 0x1268;
    static final long BLKDISCARD = 0x1277;
    static final long BLKZEROOUT = 0x127F;
    static final long BLKGETSIZE64 = 0x80081272L;

    static final long LOOP_SET_FD = 0x4C00;
    static final long LOOP_CLR_FD = 0x4C01;
    static final long LOOP_SET_STATUS64 = 0x4C04;
    static final long LOOP_GET_STATUS64 = 0x4C05;
    static final long LOOP_SET_DIRECT_IO = 0x4C08;
    static final long LOOP_CTL_GET_FREE = 0x4C82;

    /** Bound by JNR-FFI by method name. Every method returns -1 and sets errno on failure. */
    public interface Calls {
        int open(@In byte[] path, int flags, int mode);

        int close(int fd);

        long lseek(int fd, long offset, int whence);

        int flock(int fd, int operation);

        int fallocate(int fd, int mode, long offset, long length);

        /** Returns the error number itself. */
        int posix_fadvise(int fd, long offset, long length, int advice);

        /** Number of the processor that the calling thread runs on. */
        int sched_getcpu();

        /** For the calling thread if {@code thread} is 0. */
        int sched_getaffinity(int thread, long bytes, @Out byte[] mask);

        int sched_setaffinity(int thread, long bytes, @In byte[] mask);

        int ioctl(int fd, long request, @In @Out byte[] argument);

        int ioctl(int fd, long request, long argument);
    }

    private LibC() {
    }

    /** Loads the library on first use, by the rules of class initialisation: once, whichever thread comes first. */
    private static final class Holder {
        private static final Calls CALLS = LibraryLoader.create(Calls.class).load("c");
        private static final Runtime RUNTIME = Runtime.getRuntime(CALLS);
    }

    static Calls calls() {
        return Holder.CALLS;
    }

    /** errno of the last call on this thread. */
    static int lastErrno() {
        return Holder.RUNTIME.getLastError();
    }
}
