/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A TCP port that leads to another one until it is cut, or stands still until it is let go on. Threads of its own, for tests. */
final class CutProxy implements AutoCloseable {

    private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final Object gate = new Object();
    private volatile int serverPort;
    private boolean standing;

    CutProxy(int serverPort) throws IOException {
        this.serverPort = serverPort;
        thread(this::accept);
    }

    int port() {
        return listening.getLocalPort();
    }

    /** Connections from now on lead there. */
    void leadTo(int port) {
        serverPort = port;
    }

    /** Ends every connection, in the middle of whatever it carries. */
    void cut() {
        for (Socket socket : open) {
            try {
                socket.setSoLinger(true, 0);
                socket.close();
            } catch (IOException closed) {
                // by the other side, in the same moment
                open.remove(socket);
            }
        }
        open.clear();
    }

    /** While it stands nothing goes in either direction, and nothing is closed. */
    void stand(boolean still) {
        synchronized (gate) {
            standing = still;
            gate.notifyAll();
        }
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket client = listening.accept();
                open.add(client);
                Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort);
                open.add(server);
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                thread(() -> pump(client, server));
                thread(() -> pump(server, client));
            } catch (IOException refused) {
                // the server is not there: whoever connected is hung up on, unless this proxy itself has ended
                cut();
            }
        }
    }

    private void pump(Socket from, Socket to) {
        byte[] bytes = new byte[64 << 10];
        try (from; to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
                awaitGo();
                out.write(bytes, 0, count);
            }
        } catch (IOException | InterruptedException ended) {
            // one side is gone; closing tells the other
            return;
        } finally {
            open.remove(from);
            open.remove(to);
        }
    }

    private void awaitGo() throws InterruptedException {
        synchronized (gate) {
            while (standing) {
                gate.wait();
            }
        }
    }

    private static void thread(Runnable task) {
        Thread thread = new Thread(task, "cut-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listening.close();
        cut();
        stand(false);
    }
}
