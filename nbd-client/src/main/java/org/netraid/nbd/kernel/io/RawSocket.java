/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.kernel.io;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.netraid.link.LinkAddress;
import org.netraid.nbd.client.NbdExport;
import org.netraid.nbd.client.PlainHandshake;

/**
 * A connected stream socket with its file descriptor known, taken through the NBD handshake in this thread: what the kernel wants to be
 * given. Blocking, with a timeout until it is handed over.
 */
public final class RawSocket implements AutoCloseable {

    private static final int MAX_UNIX_PATH_BYTES = 107;
    private static final int READ_BYTES = 16 << 10;

    private final int fd;
    private final LinkAddress address;
    private NbdExport export;

    private RawSocket(int fd, LinkAddress address) {
        this.fd = fd;
        this.address = address;
    }

    /** Connects and opens the export with simple replies; within the time, or not at all. */
    public static RawSocket open(LinkAddress address, String exportName, long timeoutSeconds) throws KernelException {
        RawSocket socket = address.isUnix() ? connect(address, KernelCalls.AF_UNIX, unixAddress(address), timeoutSeconds)
                : connectTcp(address, timeoutSeconds);
        try {
            socket.handshake(exportName);
            socket.timeout(0);
            return socket;
        } catch (KernelException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /** The file descriptor; valid until {@link #close}. */
    public int fd() {
        return fd;
    }

    /** What the server said of the export. */
    public NbdExport export() {
        return export;
    }

    @Override
    public void close() {
        KernelCalls.calls().close(fd);
    }

    private static RawSocket connectTcp(LinkAddress address, long timeoutSeconds) throws KernelException {
        InetAddress[] hosts;
        try {
            hosts = InetAddress.getAllByName(address.host());
        } catch (UnknownHostException e) {
            throw new KernelException("cannot connect to " + address + ": unknown host");
        }
        KernelException last = null;
        for (InetAddress host : hosts) {
            try {
                int family = host instanceof Inet4Address ? KernelCalls.AF_INET : KernelCalls.AF_INET6;
                RawSocket socket = connect(address, family, tcpAddress(host, address.port()), timeoutSeconds);
                socket.option(KernelCalls.IPPROTO_TCP, KernelCalls.TCP_NODELAY);
                socket.option(KernelCalls.SOL_SOCKET, KernelCalls.SO_KEEPALIVE);
                return socket;
            } catch (KernelException e) {
                last = e;
            }
        }
        throw last;
    }

    private static RawSocket connect(LinkAddress address, int family, byte[] encoded, long timeoutSeconds) throws KernelException {
        KernelCalls.Calls calls = KernelCalls.calls();
        int fd = calls.socket(family, KernelCalls.SOCK_STREAM | KernelCalls.SOCK_CLOEXEC, 0);
        if (fd < 0) {
            throw new KernelException("cannot make a socket: " + KernelCalls.text(KernelCalls.lastErrno()));
        }
        RawSocket socket = new RawSocket(fd, address);
        socket.timeout(timeoutSeconds);
        if (calls.connect(fd, encoded, encoded.length) < 0) {
            String why = KernelCalls.text(KernelCalls.lastErrno());
            socket.close();
            throw new KernelException("cannot connect to " + address + ": " + why);
        }
        return socket;
    }

    private static byte[] unixAddress(LinkAddress address) throws KernelException {
        byte[] path = address.socketPath().getBytes(StandardCharsets.UTF_8);
        if (path.length > MAX_UNIX_PATH_BYTES) {
            throw new KernelException("the socket's path " + address.socketPath() + " is longer than " + MAX_UNIX_PATH_BYTES + " bytes");
        }
        return ByteBuffer.allocate(Short.BYTES + path.length + 1).order(ByteOrder.nativeOrder())
                .putShort((short) KernelCalls.AF_UNIX).put(path).array();
    }

    private static byte[] tcpAddress(InetAddress host, int port) {
        byte[] bytes = host.getAddress();
        boolean four = host instanceof Inet4Address;
        ByteBuffer encoded = ByteBuffer.allocate(four ? 16 : 28).order(ByteOrder.nativeOrder())
                .putShort((short) (four ? KernelCalls.AF_INET : KernelCalls.AF_INET6)).order(ByteOrder.BIG_ENDIAN).putShort((short) port);
        // IPv6 has the flow label before the address and the scope behind it, both 0
        return encoded.position(four ? 4 : 8).put(bytes).array();
    }

    private void option(int level, int name) {
        byte[] on = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.nativeOrder()).putInt(1).array();
        KernelCalls.calls().setsockopt(fd, level, name, on, on.length);
    }

    /** 0 waits for ever, as the kernel expects of a socket. */
    private void timeout(long seconds) {
        byte[] time = ByteBuffer.allocate(2 * Long.BYTES).order(ByteOrder.nativeOrder()).putLong(seconds).array();
        KernelCalls.calls().setsockopt(fd, KernelCalls.SOL_SOCKET, KernelCalls.SO_RCVTIMEO, time, time.length);
        KernelCalls.calls().setsockopt(fd, KernelCalls.SOL_SOCKET, KernelCalls.SO_SNDTIMEO, time, time.length);
    }

    private void handshake(String exportName) throws KernelException {
        StringBuilder trouble = new StringBuilder();
        PlainHandshake handshake = new PlainHandshake(exportName, bytes -> {
            String why = trySend(bytes);
            if (trouble.isEmpty()) {
                trouble.append(why);
            }
        });
        while (!handshake.isFinished()) {
            byte[] bytes = receive(handshake);
            ByteBuffer in = ByteBuffer.wrap(bytes);
            handshake.onBytes(in);
            if (!handshake.failure().isEmpty()) {
                throw new KernelException("nbd " + address + ": " + handshake.failure());
            }
            if (!trouble.isEmpty()) {
                throw new KernelException("nbd " + address + ": " + trouble);
            }
            if (handshake.isFinished() && in.hasRemaining()) {
                throw new KernelException("nbd " + address + ": the server talks before it is asked");
            }
        }
        export = handshake.export();
    }

    private byte[] receive(PlainHandshake handshake) throws KernelException {
        byte[] bytes = new byte[READ_BYTES];
        long count;
        do {
            count = KernelCalls.calls().recv(fd, bytes, bytes.length, 0);
        } while (count < 0 && KernelCalls.lastErrno() == KernelCalls.EINTR);
        if (count < 0) {
            throw new KernelException("nbd " + address + ": no answer in the handshake: " + KernelCalls.text(KernelCalls.lastErrno()));
        }
        if (count == 0) {
            throw new KernelException("nbd " + address + ": " + handshake.closedMeans());
        }
        return Arrays.copyOf(bytes, (int) count);
    }

    /** @return why it could not be sent, or the empty string */
    private String trySend(ByteBuffer message) {
        byte[] bytes = new byte[message.remaining()];
        message.get(bytes);
        int sent = 0;
        while (sent < bytes.length) {
            byte[] rest = Arrays.copyOfRange(bytes, sent, bytes.length);
            long count = KernelCalls.calls().send(fd, rest, rest.length, KernelCalls.MSG_NOSIGNAL);
            if (count < 0 && KernelCalls.lastErrno() != KernelCalls.EINTR) {
                return "cannot send: " + KernelCalls.text(KernelCalls.lastErrno());
            }
            sent += (int) Math.max(0, count);
        }
        return "";
    }
}
