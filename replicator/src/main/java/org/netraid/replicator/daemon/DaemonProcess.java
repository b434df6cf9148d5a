/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.daemon;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.netraid.block.io.DiskWorkers;
import org.netraid.link.io.NettyEventLoop;
import org.netraid.link.io.NettyLinkOptions;
import org.netraid.link.io.NettyRuntime;
import org.netraid.replicator.config.ClusterConfig;
import org.netraid.replicator.config.NodeConfig;
import org.netraid.replicator.control.MirrorEvent;
import org.netraid.replicator.io.ControlServer;
import org.netraid.replicator.node.NodeEnvironment;
import org.netraid.replicator.node.ReplicatorNode;
import org.netraid.store.StateFolderException;
import org.netraid.store.io.FileStateFolder;
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
    private static final int DISK_THREADS = 8;
    private static final long BOOT_TIMEOUT_S = 60;
    private static final long STOP_TIMEOUT_S = 60;
    private static final int INTERNAL_ERROR_STATUS = 70;

    private final ClusterConfig config;
    private final NodeConfig node;
    private final byte[] secret;
    private final DaemonTls tls;
    private NettyEventLoop loop;
    private ReplicatorNode replicator;
    private ControlServer control;

    DaemonProcess(ClusterConfig config, NodeConfig node, byte[] secret, DaemonTls tls) {
        this.tls = tls;
        this.config = config;
        this.node = node;
        this.secret = secret;
    }

    /** Serves until a signal ends the process; returns only by an exception. */
    void run() throws DaemonFailure, InterruptedException {
        FileStateFolder folder;
        try {
            folder = FileStateFolder.open(Path.of(node.stateFolder()));
        } catch (StateFolderException e) {
            throw new DaemonFailure(e.getMessage());
        }
        NettyRuntime runtime = new NettyRuntime("netraid-loop", 1, DaemonProcess::dieOf);
        loop = runtime.loop(0);
        DiskWorkers workers = new DiskWorkers("netraid-disk", DISK_THREADS);
        SecureRandom random = new SecureRandom();
        NodeEnvironment environment = new NodeEnvironment(config, node.name(), secret, folder,
                new FileDisks(Path.of(node.stateFolder()), loop, workers), runtime.links(0, NettyLinkOptions.DEFAULT.withOwnerOnly(true)),
                loop, System::currentTimeMillis, random::nextLong, tls, new HookProcesses(config.daemon().hooks(), loop));
        replicator = boot(environment);
        Runtime.getRuntime().addShutdownHook(new Thread(this::endOnSignal, "netraid-end"));
        try {
            control = ControlServer.start(Path.of(node.stateFolder(), ControlServer.SOCKET_NAME), replicator, loop);
        } catch (IOException e) {
            throw new DaemonFailure(e.getMessage());
        }
        System.out.println("ready node=" + node.name() + " control=" + control.socket() + " peers=" + node.address() + " nbd="
                + node.nbd());
        System.out.flush();
        new CountDownLatch(1).await();
    }

    private ReplicatorNode boot(NodeEnvironment environment) throws DaemonFailure, InterruptedException {
        CompletableFuture<String> end = new CompletableFuture<>();
        CompletableFuture<ReplicatorNode> created = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                ReplicatorNode made = new ReplicatorNode(environment);
                made.onEvent(DaemonProcess::log);
                created.complete(made);
                made.start(end::complete);
            } catch (StateFolderException e) {
                end.complete(e.getMessage());
            }
        });
        String reason = await(end, BOOT_TIMEOUT_S, "the node has not started within " + BOOT_TIMEOUT_S + " s");
        if (!reason.isEmpty()) {
            throw new DaemonFailure(reason);
        }
        return created.join();
    }

    private static <T> T await(CompletableFuture<T> future, long seconds, String otherwise) throws DaemonFailure, InterruptedException {
        try {
            return future.get(seconds, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new DaemonFailure(String.valueOf(e.getCause().getMessage()));
        } catch (TimeoutException e) {
            throw new DaemonFailure(otherwise);
        }
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
            CompletableFuture<Void> stopped = new CompletableFuture<>();
            loop.execute(() -> replicator.shutdown(() -> stopped.complete(null)));
            await(stopped, STOP_TIMEOUT_S, "requests are still with a disk after " + STOP_TIMEOUT_S + " s; ended without waiting for them");
            LOG.info("stopped");
        } catch (InterruptedException | DaemonFailure e) {
            LOG.error("not stopped in order: {}", e.getMessage());
            status = 1;
        }
        Runtime.getRuntime().halt(status);
    }
}
