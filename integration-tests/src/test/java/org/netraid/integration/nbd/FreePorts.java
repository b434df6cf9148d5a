/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.nbd;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/**
 * Ports for servers that are started a moment later, and started again after they were killed. Nobody else may get such a port
 * meanwhile, so they are below those that the kernel hands out (32768 and up), and each of the JVMs in which
 * Surefire runs tests at a time has its own.
 */
public final class FreePorts {

    private static final int FIRST = 13_000;
    private static final int COUNT = 2_000;
    private static final int FORKS = 8;
    private static final int BASE = FIRST + Integer.getInteger("netraid.fork", 1) % FORKS * COUNT;

    /** The start differs, so that runs of other users on the same machine rarely meet. */
    private static int next = (int) (ProcessHandle.current().pid() * 61 % COUNT);

    private FreePorts() {
    }

    /** @return a TCP port that nobody listens on, and that no other test will be given for a long time */
    public static synchronized int next() throws IOException {
        for (int tried = 0; tried < COUNT; tried++) {
            next = (next + 1) % COUNT;
            try (ServerSocket socket = new ServerSocket(BASE + next, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (java.net.BindException e) {
                continue; // somebody has it
            }
        }
        throw new IOException("no free port from " + BASE + " on");
    }
}
