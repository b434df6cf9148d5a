/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.kernel;

import java.nio.ByteOrder;
import java.util.List;

/** The messages of the kernel's generic netlink family {@code nbd}. Source: {@code linux/nbd-netlink.h}. */
public final class NbdNetlink {

    public static final String FAMILY = "nbd";
    private static final int VERSION = 1;

    /** The family that knows the families. */
    private static final int CONTROL_FAMILY = 0x10;
    private static final int CONTROL_GET_FAMILY = 3;
    private static final int CONTROL_ATTR_FAMILY_NAME = 2;
    public static final int CONTROL_ATTR_FAMILY_ID = 1;

    private static final int CMD_CONNECT = 1;
    private static final int CMD_DISCONNECT = 2;
    private static final int CMD_RECONFIGURE = 3;

    public static final int ATTR_INDEX = 1;
    private static final int ATTR_SIZE_BYTES = 2;
    private static final int ATTR_BLOCK_SIZE_BYTES = 3;
    private static final int ATTR_TIMEOUT = 4;
    private static final int ATTR_SERVER_FLAGS = 5;
    private static final int ATTR_SOCKETS = 7;
    private static final int ATTR_DEAD_CONN_TIMEOUT = 8;
    private static final int SOCK_ITEM = 1;
    private static final int SOCK_FD = 1;

    private NbdNetlink() {
    }

    /** Asks for the number of the family. */
    public static byte[] findFamily(ByteOrder order, int sequence) {
        return new NetlinkMessage(order, CONTROL_FAMILY, sequence, CONTROL_GET_FAMILY, 1).text(CONTROL_ATTR_FAMILY_NAME, FAMILY).encode();
    }

    /**
     * Gives a device its connections, all in the transmission phase.
     *
     * @param plan what the device shall be like
     * @param sockets file descriptors of this process
     */
    public static byte[] connect(ByteOrder order, int family, int sequence, AttachPlan plan, List<Integer> sockets) {
        NetlinkMessage message = new NetlinkMessage(order, family, sequence, CMD_CONNECT, VERSION).u32(ATTR_INDEX, plan.index())
                .u64(ATTR_SIZE_BYTES, plan.sizeBytes()).u64(ATTR_BLOCK_SIZE_BYTES, plan.blockBytes())
                .u64(ATTR_SERVER_FLAGS, plan.transmissionFlags());
        timeouts(message, plan);
        return sockets(message, sockets).encode();
    }

    /** Gives a device whose connections have died new ones, while its dead timeout runs. */
    public static byte[] reconfigure(ByteOrder order, int family, int sequence, AttachPlan plan, List<Integer> sockets) {
        NetlinkMessage message = new NetlinkMessage(order, family, sequence, CMD_RECONFIGURE, VERSION).u32(ATTR_INDEX, plan.index());
        timeouts(message, plan);
        return sockets(message, sockets).encode();
    }

    /** Takes a device away from its server. */
    public static byte[] disconnect(ByteOrder order, int family, int sequence, int index) {
        return new NetlinkMessage(order, family, sequence, CMD_DISCONNECT, VERSION).u32(ATTR_INDEX, index).encode();
    }

    private static void timeouts(NetlinkMessage message, AttachPlan plan) {
        if (plan.timeoutSeconds() > 0) {
            message.u64(ATTR_TIMEOUT, plan.timeoutSeconds());
        }
        if (plan.deadTimeoutSeconds() > 0) {
            message.u64(ATTR_DEAD_CONN_TIMEOUT, plan.deadTimeoutSeconds());
        }
    }

    private static NetlinkMessage sockets(NetlinkMessage message, List<Integer> sockets) {
        int list = message.begin(ATTR_SOCKETS);
        for (int socket : sockets) {
            int item = message.begin(SOCK_ITEM);
            message.u32(SOCK_FD, socket).end(item);
        }
        return message.end(list);
    }
}
