/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.kernel.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.netraid.nbd.kernel.NetlinkReply;

/** A socket of generic netlink; one question at a time. */
final class NetlinkSocket implements AutoCloseable {

    private static final int ADDRESS_BYTES = 12;
    private static final int MAX_DATAGRAM_BYTES = 32 << 10;
    private static final int MAX_DATAGRAMS = 100;

    private final int fd;

    NetlinkSocket() throws KernelException {
        KernelCalls.Calls calls = KernelCalls.calls();
        fd = calls.socket(KernelCalls.AF_NETLINK, KernelCalls.SOCK_RAW | KernelCalls.SOCK_CLOEXEC, KernelCalls.NETLINK_GENERIC);
        if (fd < 0) {
            throw new KernelException("this kernel has no generic netlink: " + KernelCalls.text(KernelCalls.lastErrno()));
        }
        byte[] address = ByteBuffer.allocate(ADDRESS_BYTES).order(ByteOrder.nativeOrder()).putShort((short) KernelCalls.AF_NETLINK).array();
        byte[] tenSeconds = ByteBuffer.allocate(2 * Long.BYTES).order(ByteOrder.nativeOrder()).putLong(10).array();
        calls.setsockopt(fd, KernelCalls.SOL_SOCKET, KernelCalls.SO_RCVTIMEO, tenSeconds, tenSeconds.length);
        if (calls.bind(fd, address, address.length) < 0) {
            String why = KernelCalls.text(KernelCalls.lastErrno());
            close();
            throw new KernelException("cannot talk to the kernel by netlink: " + why);
        }
    }

    /** Sends a request and waits for its end. */
    NetlinkReply ask(byte[] request, NetlinkReply reply) throws KernelException {
        if (KernelCalls.calls().send(fd, request, request.length, 0) < 0) {
            throw new KernelException("cannot talk to the kernel by netlink: " + KernelCalls.text(KernelCalls.lastErrno()));
        }
        byte[] datagram = new byte[MAX_DATAGRAM_BYTES];
        for (int i = 0; i < MAX_DATAGRAMS && !reply.isFinished(); i++) {
            long length = KernelCalls.calls().recv(fd, datagram, datagram.length, 0);
            if (length < 0 && KernelCalls.lastErrno() != KernelCalls.EINTR) {
                throw new KernelException("no answer from the kernel by netlink: " + KernelCalls.text(KernelCalls.lastErrno()));
            }
            reply.onDatagram(datagram, (int) Math.max(0, length), ByteOrder.nativeOrder());
        }
        if (!reply.isFinished()) {
            throw new KernelException("the kernel's answer by netlink has no end");
        }
        return reply;
    }

    @Override
    public void close() {
        KernelCalls.calls().close(fd);
    }
}
