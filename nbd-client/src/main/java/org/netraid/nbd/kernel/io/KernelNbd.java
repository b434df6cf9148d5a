/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.kernel.io;

import java.nio.ByteOrder;
import java.util.List;
import org.netraid.nbd.kernel.AttachPlan;
import org.netraid.nbd.kernel.NbdNetlink;
import org.netraid.nbd.kernel.NetlinkReply;

/** The kernel's NBD driver: gives its devices connections and takes them away. Needs root. */
public final class KernelNbd {

    /** What to say where there is no driver. */
    static final String NO_DRIVER = "this kernel has no nbd driver (generic netlink knows no family 'nbd', and %s does not exist);"
            + " load it with 'modprobe nbd', or attach without it: nbdfuse FOLDER/disk URI & then losetup --find --show FOLDER/disk";

    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final int NO_ATTRIBUTE = -1;

    private KernelNbd() {
    }

    /** Number of the netlink family; -1 if the driver is absent or too old to have one. */
    public static int family() throws KernelException {
        try (NetlinkSocket netlink = new NetlinkSocket()) {
            NetlinkReply reply = netlink.ask(NbdNetlink.findFamily(ORDER, 1), new NetlinkReply(1, NbdNetlink.CONTROL_ATTR_FAMILY_ID));
            return reply.errno() == 0 && reply.value().isPresent() ? reply.value().getAsInt() : -1;
        }
    }

    /** Gives a device its connections by netlink. They live on in the kernel when this process ends. */
    public static void attach(int family, AttachPlan plan, List<Integer> sockets) throws KernelException {
        request(NbdNetlink.connect(ORDER, family, 2, plan, sockets), "cannot attach /dev/nbd" + plan.index());
    }

    /** Gives a device whose connections have died new ones. */
    public static void reconnect(int family, AttachPlan plan, List<Integer> sockets) throws KernelException {
        request(NbdNetlink.reconfigure(ORDER, family, 2, plan, sockets), "cannot give /dev/nbd" + plan.index() + " new connections");
    }

    /** Takes a device away from its server, by netlink. */
    public static void detach(int family, int index) throws KernelException {
        request(NbdNetlink.disconnect(ORDER, family, 2, index), "cannot detach /dev/nbd" + index);
    }

    private static void request(byte[] message, String otherwise) throws KernelException {
        try (NetlinkSocket netlink = new NetlinkSocket()) {
            NetlinkReply reply = netlink.ask(message, new NetlinkReply(2, NO_ATTRIBUTE));
            if (reply.errno() != 0) {
                throw new KernelException(otherwise + ": " + KernelCalls.text(reply.errno()));
            }
        }
    }

    /**
     * Attaches by the older ioctls: the calling thread serves the device until somebody detaches it or the connections die.
     *
     * @param device path of the device
     * @param ready runs when the device is about to work
     */
    public static void serveByIoctl(String device, AttachPlan plan, List<Integer> sockets, Runnable ready) throws KernelException {
        int fd = open(device);
        try {
            ioctl(fd, KernelCalls.NBD_SET_BLKSIZE, plan.blockBytes(), device);
            ioctl(fd, KernelCalls.NBD_SET_SIZE_BLOCKS, plan.sizeBytes() / plan.blockBytes(), device);
            ioctl(fd, KernelCalls.NBD_CLEAR_SOCK, 0, device);
            ioctl(fd, KernelCalls.NBD_SET_FLAGS, plan.transmissionFlags(), device);
            if (plan.timeoutSeconds() > 0) {
                ioctl(fd, KernelCalls.NBD_SET_TIMEOUT, plan.timeoutSeconds(), device);
            }
            for (int socket : sockets) {
                ioctl(fd, KernelCalls.NBD_SET_SOCK, socket, device);
            }
            ready.run();
            ioctl(fd, KernelCalls.NBD_DO_IT, 0, device);
        } finally {
            KernelCalls.calls().ioctl(fd, KernelCalls.NBD_CLEAR_QUE, 0L);
            KernelCalls.calls().ioctl(fd, KernelCalls.NBD_CLEAR_SOCK, 0L);
            KernelCalls.calls().close(fd);
        }
    }

    /** Detaches by ioctl. */
    public static void detachByIoctl(String device) throws KernelException {
        int fd = open(device);
        try {
            ioctl(fd, KernelCalls.NBD_DISCONNECT, 0, device);
            ioctl(fd, KernelCalls.NBD_CLEAR_SOCK, 0, device);
        } finally {
            KernelCalls.calls().close(fd);
        }
    }

    /** The sentence for a machine without the driver. */
    public static KernelException noDriver(String device) {
        return new KernelException(String.format(NO_DRIVER, device));
    }

    private static int open(String device) throws KernelException {
        int fd = KernelCalls.calls().open(KernelCalls.path(device), KernelCalls.O_RDWR | KernelCalls.O_CLOEXEC, 0);
        if (fd < 0) {
            int errno = KernelCalls.lastErrno();
            if (errno == KernelCalls.ENOENT) {
                throw noDriver(device);
            }
            throw new KernelException("cannot open " + device + ": " + KernelCalls.text(errno));
        }
        return fd;
    }

    private static void ioctl(int fd, long request, long argument, String device) throws KernelException {
        if (KernelCalls.calls().ioctl(fd, request, argument) < 0) {
            throw new KernelException(device + ": " + KernelCalls.text(KernelCalls.lastErrno()));
        }
    }
}
