/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.nbd;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Ports for servers that are started a moment later, and started again after they were killed. Nobody else may get such a port meanwhile,
 * so they are below those that the kernel hands out (32768 and up), and each JVM that runs tests on this machine has its own: the lock on a
 * file says which.
 */
public final class FreePorts {

    private static final int FIRST = 13_000;
    private static final int COUNT = 1_000;
    private static final int SHARES = 16;

    /** Open, and so locked, until this JVM ends. */
    private static FileChannel share;
    private static int base;
    private static int next;

    private FreePorts() {
    }

    /** @return a TCP port that nobody listens on, and that no other test will be given for a long time */
    public static synchronized int next() throws IOException {
        if (base == 0) {
            base = FIRST + takeShare() * COUNT;
        }
        for (int tried = 0; tried < COUNT; tried++) {
            next = (next + 1) % COUNT;
            try (ServerSocket socket = new ServerSocket(base + next, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (BindException e) {
                continue; // somebody has it
            }
        }
        throw new IOException("no free port from " + base + " on");
    }

    private static int takeShare() throws IOException {
        for (int i = 0; i < SHARES; i++) {
            Path file = Path.of(System.getProperty("java.io.tmpdir"), "netraid-ports-" + System.getProperty("user.name") + "-" + i);
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (channel.tryLock() != null) {
                share = channel;
                return i;
            }
            channel.close();
        }
        throw new IOException("more than " + SHARES + " JVMs run tests on this machine; end some");
    }
}
