/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.kernel.io;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;
import jnr.ffi.annotations.In;
import jnr.ffi.annotations.Out;

/**
 * System calls for sockets and for {@code /dev/nbdN}. Numbers are those of Linux on x86-64 and aarch64 ({@code sys/socket.h},
 * {@code linux/nbd.h}).
 */
final class KernelCalls {

    static final int AF_UNIX = 1;
    static final int AF_INET = 2;
    static final int AF_INET6 = 10;
    static final int AF_NETLINK = 16;
    static final int SOCK_STREAM = 1;
    static final int SOCK_RAW = 3;
    static final int SOCK_CLOEXEC = 02000000;
    static final int NETLINK_GENERIC = 16;
    static final int SOL_SOCKET = 1;
    static final int SO_KEEPALIVE = 9;
    static final int SO_RCVTIMEO = 20;
    static final int SO_SNDTIMEO = 21;
    static final int IPPROTO_TCP = 6;
    static final int TCP_NODELAY = 1;
    static final int MSG_NOSIGNAL = 0x4000;
    static final int O_RDWR = 2;
    static final int O_CLOEXEC = 02000000;

    static final long NBD_SET_SOCK = 0xab00;
    static final long NBD_SET_BLKSIZE = 0xab01;
    static final long NBD_DO_IT = 0xab03;
    static final long NBD_CLEAR_SOCK = 0xab04;
    static final long NBD_CLEAR_QUE = 0xab05;
    static final long NBD_SET_SIZE_BLOCKS = 0xab07;
    static final long NBD_DISCONNECT = 0xab08;
    static final long NBD_SET_TIMEOUT = 0xab09;
    static final long NBD_SET_FLAGS = 0xab0a;

    static final int ENOENT = 2;
    static final int EINTR = 4;

    /** Bound by JNR-FFI by method name. Every method returns -1 and sets errno on failure. */
    public interface Calls {
        int socket(int domain, int type, int protocol);

        int connect(int fd, @In byte[] address, int length);

        int bind(int fd, @In byte[] address, int length);

        int setsockopt(int fd, int level, int name, @In byte[] value, int length);

        long send(int fd, @In byte[] bytes, long length, int flags);

        long recv(int fd, @Out byte[] bytes, long length, int flags);

        int open(@In byte[] path, int flags, int mode);

        int ioctl(int fd, long request, long argument);

        int close(int fd);
    }

    private static final class Holder {
        private static final Calls CALLS = LibraryLoader.create(Calls.class).load("c");
        private static final Runtime RUNTIME = Runtime.getRuntime(CALLS);
    }

    private KernelCalls() {
    }

    static Calls calls() {
        return Holder.CALLS;
    }

    /** errno of the last call on this thread. */
    static int lastErrno() {
        return Holder.RUNTIME.getLastError();
    }

    /** Text as C wants it. */
    static byte[] path(String text) {
        byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
        return Arrays.copyOf(encoded, encoded.length + 1);
    }

    static String text(int errno) {
        return switch (errno) {
            case 1 -> "operation not permitted (root is needed)";
            case ENOENT -> "no such file or directory";
            case 6, 19 -> "no such device";
            case 11, 110, 115 -> "timed out";
            case 13 -> "permission denied (root is needed)";
            case 16 -> "the device is in use";
            case 22 -> "invalid argument";
            case 101, 113 -> "no route to the host";
            case 104 -> "connection reset";
            case 111 -> "connection refused";
            default -> "error number " + errno;
        };
    }
}
