/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.daemon;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.netraid.fault.FaultPoints;
import org.netraid.link.io.NettyEventLoop;
import org.netraid.link.io.NettyLinkOptions;
import org.netraid.link.io.NettyRuntime;
import org.netraid.replicator.config.ClusterConfig;
import org.netraid.replicator.config.NodeConfig;
import org.netraid.replicator.control.MirrorEvent;
import org.netraid.replicator.node.NodeEnvironment;
import org.netraid.replicator.node.ReplicatorNode;
import org.netraid.replicator.quorum.QuorumGuard;
import org.netraid.store.StateFolderException;
import org.netraid.store.io.FileStateFolder;

/** A node on real disks, links and threads, in the daemon or in a process that embeds it. */
final class NodeRuntime {

    private static final long BOOT_TIMEOUT_S = 60;
    private static final long STOP_TIMEOUT_S = 60;

    private final FileStateFolder folder;
    private final NettyRuntime runtime;
    private final FileDisks disks;
    private final NettyEventLoop loop;
    private ReplicatorNode replicator;

    private NodeRuntime(NodeConfig node, Consumer<Throwable> onDefect) throws DaemonFailure {
        try {
            folder = FileStateFolder.open(Path.of(node.stateFolder()));
        } catch (StateFolderException e) {
            throw new DaemonFailure(e.getMessage());
        }
        runtime = NettyRuntime.spinning("netraid-loop", onDefect);
        loop = runtime.loop(0);
        disks = new FileDisks(Path.of(node.stateFolder()), loop);
    }

    /**
     * Locks the state folder and boots the node.
     *
     * @param quorum answers for mirrors with quorum "embedded", from any thread
     * @param onEvent hears all events, on the loop
     * @param onDefect gets what reaches the loop as an exception: an invariant may be broken, nothing may be written any more
     */
    static NodeRuntime start(ClusterConfig config, NodeConfig node, byte[] secret, DaemonTls tls, QuorumGuard quorum,
            Consumer<MirrorEvent> onEvent, Consumer<Throwable> onDefect) throws DaemonFailure, InterruptedException {
        NodeRuntime made = new NodeRuntime(node, onDefect);
        try {
            made.boot(new NodeEnvironment(config, node.name(), secret, made.folder, made.disks,
                    made.runtime.links(0, NettyLinkOptions.DEFAULT.withOwnerOnly(true)), made.loop, System::currentTimeMillis,
                    new SecureRandom()::nextLong, tls, new HookProcesses(config.daemon().hooks(), made.loop), FaultPoints.NONE,
                    (question, answer) -> quorum.ask(question, text -> made.loop.execute(() -> answer.accept(text)))), onEvent);
            return made;
        } catch (DaemonFailure e) {
            made.release();
            throw e;
        }
    }

    private void boot(NodeEnvironment environment, Consumer<MirrorEvent> onEvent) throws DaemonFailure, InterruptedException {
        CompletableFuture<String> end = new CompletableFuture<>();
        CompletableFuture<ReplicatorNode> created = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                ReplicatorNode node = new ReplicatorNode(environment);
                node.onEvent(onEvent);
                created.complete(node);
                node.start(end::complete);
            } catch (StateFolderException e) {
                end.complete(e.getMessage());
            }
        });
        String reason = await(end, BOOT_TIMEOUT_S, "the node has not started within " + BOOT_TIMEOUT_S + " s");
        if (!reason.isEmpty()) {
            throw new DaemonFailure(reason);
        }
        replicator = created.join();
    }

    static <T> T await(CompletableFuture<T> future, long seconds, String otherwise) throws DaemonFailure, InterruptedException {
        try {
            return future.get(seconds, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new DaemonFailure(String.valueOf(e.getCause().getMessage()));
        } catch (TimeoutException e) {
            throw new DaemonFailure(otherwise);
        }
    }

    NettyEventLoop loop() {
        return loop;
    }

    /** On the loop only. */
    ReplicatorNode node() {
        return replicator;
    }

    /** Takes the mirrors out of service in order. The threads live on until {@link #release}. */
    void shutdown() throws DaemonFailure, InterruptedException {
        CompletableFuture<Void> stopped = new CompletableFuture<>();
        loop.execute(() -> replicator.shutdown(() -> stopped.complete(null)));
        await(stopped, STOP_TIMEOUT_S, "requests are still with a disk, or queued for a target of protocol A, after " + STOP_TIMEOUT_S
                + " s; ended without waiting for them: what the journal holds is replayed at the next start, the rest is dirty");
    }

    /** Ends threads and sockets and unlocks the state folder, whatever the node was doing. Not on the loop. */
    void release() {
        runtime.close();
        disks.close();
        folder.close();
    }
}
