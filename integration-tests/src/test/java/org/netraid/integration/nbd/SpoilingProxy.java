/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.nbd;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.Random;

/** Stands between a client and a good server and spoils what the server says, now and then. One connection after the other. */
final class SpoilingProxy implements AutoCloseable {

    private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final int serverPort;
    private final Random random;
    private final Mutator mutator;

    SpoilingProxy(int serverPort, long seed) throws IOException {
        this.serverPort = serverPort;
        this.random = new Random(seed);
        this.mutator = new Mutator(random);
        daemon(this::accept);
    }

    int port() {
        return listening.getLocalPort();
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "spoiling-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket client = listening.accept();
                Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort);
                daemon(() -> pump(client, server, false));
                daemon(() -> pump(server, client, true));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void pump(Socket from, Socket to, boolean spoil) {
        byte[] bytes = new byte[8192];
        try (from; to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
                byte[] piece = Arrays.copyOf(bytes, count);
                synchronized (random) {
                    if (spoil && random.nextInt(6) == 0) {
                        piece = mutator.spoil(piece);
                    }
                    if (spoil && random.nextInt(60) == 0) {
                        return;
                    }
                }
                out.write(piece);
            }
        } catch (IOException ended) {
            // one side is gone; closing tells the other
            return;
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }
}
