/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.daemon;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.netraid.replicator.config.ClusterConfig;
import org.netraid.replicator.config.NodeConfig;
import org.netraid.replicator.control.MirrorEvent;
import org.netraid.replicator.io.ControlServer;
import org.netraid.replicator.quorum.QuorumGuard;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of one daemon: lock the state folder, boot the node, open the control socket, say so, and on a signal stop in order.
 *
 * <p>An exception that reaches the loop is a defect of ours and may have broken an invariant: the process ends there and then, before it
 * can
 * write anything wrong. To the other nodes that is a crash, which they know how to handle.
 */
final class DaemonProcess {

    private static final Logger LOG = LoggerFactory.getLogger("org.netraid.replicator.Daemon");
    private static final int INTERNAL_ERROR_STATUS = 70;

    private final ClusterConfig config;
    private final NodeConfig node;
    private final byte[] secret;
    private final DaemonTls tls;
    private NodeRuntime runtime;
    private ControlServer control;

    DaemonProcess(ClusterConfig config, NodeConfig node, byte[] secret, DaemonTls tls) {
        this.tls = tls;
        this.config = config;
        this.node = node;
        this.secret = secret;
    }

    /** Serves until a signal ends the process; returns only by an exception. */
    void run() throws DaemonFailure, InterruptedException {
        runtime = NodeRuntime.start(config, node, secret, tls, QuorumGuard.ABSENT, DaemonProcess::log, DaemonProcess::dieOf);
        Runtime.getRuntime().addShutdownHook(new Thread(this::endOnSignal, "netraid-end"));
        try {
            control = ControlServer.start(Path.of(node.stateFolder(), ControlServer.SOCKET_NAME), runtime.node(), runtime.loop());
        } catch (IOException e) {
            throw new DaemonFailure(e.getMessage());
        }
        System.out.println("ready node=" + node.name() + " control=" + control.socket() + " peers=" + node.address() + " nbd="
                + node.nbd());
        System.out.flush();
        new CountDownLatch(1).await();
    }

    private static void log(MirrorEvent event) {
        LOG.info("{}{}", event.tag().isEmpty() ? "" : event.tag() + ": ", event.text());
    }

    private static void dieOf(Throwable defect) {
        LOG.error("internal error; the daemon ends here, before it can do harm. Start it again, and report this", defect);
        Runtime.getRuntime().halt(INTERNAL_ERROR_STATUS);
    }

    /** Runs in the JVM's shutdown hook; ends the process itself, because a hook cannot change the exit status otherwise. */
    private void endOnSignal() {
        LOG.info("stopping");
        int status = 0;
        try {
            if (control != null) {
                control.close();
            }
            runtime.shutdown();
            LOG.info("stopped");
        } catch (InterruptedException | DaemonFailure e) {
            LOG.error("not stopped in order: {}", e.getMessage());
            status = 1;
        }
        Runtime.getRuntime().halt(status);
    }
}
