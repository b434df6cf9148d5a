/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server.cli;

import java.io.IOException;
import java.util.Map;
import org.netraid.link.io.InheritedSocket;

/** Socket activation as systemd does it: the environment says how many listening sockets this process was started with. */
final class Activation {

    /** SD_LISTEN_FDS_START. */
    private static final int FIRST_FD = 3;

    private Activation() {
    }

    /**
     * The socket this process was started with; null if it was started without.
     *
     * @param environment of the process
     * @param pid its process id: the variables may be left over from a parent
     */
    static InheritedSocket socket(Map<String, String> environment, long pid) throws ServerFailure {
        String count = environment.get("LISTEN_FDS");
        if (count == null || !Long.toString(pid).equals(environment.get("LISTEN_PID"))) {
            return null;
        }
        if (!count.equals("1")) {
            throw new ServerFailure("started with LISTEN_FDS=" + count + ", but one socket is served; use one ListenStream");
        }
        try {
            return InheritedSocket.of(FIRST_FD);
        } catch (IOException e) {
            throw new ServerFailure("started with LISTEN_FDS=1, but " + e.getMessage());
        }
    }
}
