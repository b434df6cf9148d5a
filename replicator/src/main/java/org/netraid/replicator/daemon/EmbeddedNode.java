/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.daemon;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.netraid.api.NetRaidConfig;
import org.netraid.api.NetRaidDevice;
import org.netraid.api.NetRaidException;
import org.netraid.api.NetRaidListener;
import org.netraid.api.NetRaidState;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.replicator.config.ClusterConfig;
import org.netraid.replicator.config.MirrorConfig;
import org.netraid.replicator.config.NodeConfig;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.MirrorEvent;
import org.netraid.replicator.control.MirrorStatus;
import org.netraid.replicator.io.ConfigException;
import org.netraid.replicator.io.ConfigParser;
import org.netraid.replicator.io.ControlServer;
import org.netraid.replicator.io.SecretFile;
import org.netraid.replicator.quorum.QuorumGuard;

/** A node inside another process: hands calls from any thread to the loop, and tells listeners what has changed. */
public final class EmbeddedNode implements NetRaidDevice {

    private static final long CALL_TIMEOUT_S = 130;
    private static final Set<BlockCapability> CAPABILITIES = Set.of(BlockCapability.FLUSH, BlockCapability.FUA, BlockCapability.TRIM,
            BlockCapability.WRITE_ZEROES, BlockCapability.MULTI_CONN);

    private final NetRaidConfig config;
    private final List<NetRaidListener> listeners = new CopyOnWriteArrayList<>();
    private NodeRuntime runtime;
    private ControlServer control;
    private volatile NetRaidState state;
    private volatile String ended = "";
    private boolean looking;

    private EmbeddedNode(NetRaidConfig config) {
        this.config = config;
    }

    /** See {@link NetRaidConfig#ofFile}. */
    public static NetRaidConfig read(String file, String node, String tag) throws NetRaidException {
        try {
            ClusterConfig cluster = ConfigParser.read(Path.of(file));
            return new NetRaidConfig(cluster, node, tag, SecretFile.read(Path.of(cluster.secretFile())),
                    QuorumGuard.ABSENT, true);
        } catch (ConfigException e) {
            throw new NetRaidException(e.getMessage());
        }
    }

    /** See {@link org.netraid.api.NetRaid#open}. */
    public static EmbeddedNode open(NetRaidConfig config) throws NetRaidException {
        NodeConfig node = config.cluster().node(config.node()).orElseThrow(() -> new NetRaidException("there is no node " + config.node()
                + " in the configuration; its nodes are "
                + String.join(", ", config.cluster().nodes().stream().map(NodeConfig::name).toList())));
        if (config.cluster().mirrorsOf(config.node()).stream().noneMatch(mirror -> mirror.tag().equals(config.tag()))) {
            throw new NetRaidException("node " + config.node() + " has no mirror " + config.tag() + "; its mirrors are "
                    + String.join(", ", config.cluster().mirrorsOf(config.node()).stream().map(MirrorConfig::tag).toList()));
        }
        EmbeddedNode made = new EmbeddedNode(config);
        try {
            DiskChecks.check(config.cluster(), node);
            made.start(node, DaemonTls.load(config.cluster(), node));
            return made;
        } catch (DaemonFailure e) {
            throw new NetRaidException(e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NetRaidException("interrupted while the node was starting");
        }
    }

    private void start(NodeConfig node, DaemonTls tls) throws DaemonFailure, InterruptedException {
        runtime = NodeRuntime.start(config.cluster(), node, config.secret(), tls, config.quorum(), this::onEvent, this::onDefect);
        if (config.controlSocket()) {
            try {
                control = ControlServer.start(Path.of(node.stateFolder(), ControlServer.SOCKET_NAME), runtime.node(), runtime.loop());
            } catch (IOException e) {
                runtime.release();
                throw new DaemonFailure(e.getMessage());
            }
        }
        CompletableFuture<Void> first = new CompletableFuture<>();
        runtime.loop().execute(() -> {
            runtime.node().onChange(tag -> look());
            tellIfChanged();
            first.complete(null);
        });
        NodeRuntime.await(first, CALL_TIMEOUT_S, "the node does not answer");
    }

    // ---- news, on the loop

    private void onEvent(MirrorEvent event) {
        if (event.tag().isEmpty() || event.tag().equals(config.tag())) {
            listeners.forEach(listener -> listener.onEvent(event));
        }
        if (runtime != null) {
            look();
        }
    }

    /** In a turn of its own: whoever has changed something is in the middle of it. */
    private void look() {
        if (!looking && ended.isEmpty()) {
            looking = true;
            runtime.loop().execute(() -> {
                looking = false;
                tellIfChanged();
            });
        }
    }

    private void tellIfChanged() {
        NetRaidState next = NetRaidState.of(runtime.node().status(config.tag()).orElseThrow());
        if (!next.equals(state)) {
            state = next;
            listeners.forEach(listener -> listener.onState(next));
        }
    }

    private void onDefect(Throwable defect) {
        if (ended.isEmpty()) {
            ended = "the node has ended by a defect: " + defect;
            listeners.forEach(listener -> listener.onDefect(defect));
            Thread end = new Thread(runtime::release, "netraid-end");
            end.setDaemon(true);
            end.start();
        }
    }

    // ---- the device

    @Override
    public String name() {
        return config.tag();
    }

    /** @throws IllegalStateException while the mirror is not in service here */
    @Override
    public BlockGeometry geometry() {
        return call(() -> device().map(BlockDevice::geometry).orElseThrow(() -> new IllegalStateException(notInService())));
    }

    @Override
    public Set<BlockCapability> capabilities() {
        return CAPABILITIES;
    }

    @Override
    public void submit(BlockRequest request) {
        if (!ended.isEmpty()) {
            request.markSubmitted();
            request.complete(BlockError.ESHUTDOWN, ended);
            return;
        }
        runtime.loop().execute(() -> device().ifPresentOrElse(device -> device.submit(request), () -> {
            request.markSubmitted();
            request.complete(BlockError.ESHUTDOWN, notInService());
        }));
    }

    private Optional<BlockDevice> device() {
        return runtime.node().device(config.tag());
    }

    private String notInService() {
        return "mirror " + config.tag() + " is not in service on " + config.node();
    }

    // ---- control

    @Override
    public void execute(MirrorCommand command, Consumer<CommandResult> result) {
        runtime.loop().execute(() -> runtime.node().execute(command, result));
    }

    @Override
    public CommandResult executeAndWait(MirrorCommand command) throws NetRaidException {
        CompletableFuture<CommandResult> result = new CompletableFuture<>();
        execute(command, result::complete);
        return await(result);
    }

    @Override
    public MirrorStatus status() throws NetRaidException {
        CompletableFuture<MirrorStatus> result = new CompletableFuture<>();
        runtime.loop().execute(() -> result.complete(runtime.node().status(config.tag()).orElseThrow()));
        return await(result);
    }

    private <T> T await(CompletableFuture<T> future) throws NetRaidException {
        if (runtime.loop().isOnLoop()) {
            throw new IllegalStateException("a call that waits must not be made on the node's event loop");
        }
        if (!ended.isEmpty()) {
            throw new NetRaidException(ended);
        }
        try {
            return NodeRuntime.await(future, CALL_TIMEOUT_S, "node " + config.node() + " has not answered within " + CALL_TIMEOUT_S + " s");
        } catch (DaemonFailure e) {
            throw new NetRaidException(e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NetRaidException("interrupted while node " + config.node() + " was to answer");
        }
    }

    private <T> T call(Supplier<T> question) {
        if (runtime.loop().isOnLoop()) {
            return question.get();
        }
        CompletableFuture<T> answer = new CompletableFuture<>();
        runtime.loop().execute(() -> {
            try {
                answer.complete(question.get());
            } catch (IllegalStateException e) {
                answer.completeExceptionally(e);
            }
        });
        try {
            return await(answer);
        } catch (NetRaidException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    @Override
    public NetRaidState state() {
        return state;
    }

    @Override
    public Runnable addListener(NetRaidListener listener) {
        runtime.loop().execute(() -> {
            listener.onState(state);
            listeners.add(listener);
        });
        return () -> runtime.loop().execute(() -> listeners.remove(listener));
    }

    @Override
    public List<String> tags() {
        return config.cluster().mirrorsOf(config.node()).stream().map(MirrorConfig::tag).toList();
    }

    // ---- the end

    @Override
    public void close(Runnable closed) {
        Thread end = new Thread(() -> {
            try {
                closeAndWait();
            } catch (NetRaidException e) {
                ended = e.getMessage();
            }
            closed.run();
        }, "netraid-end");
        end.start();
    }

    @Override
    public void closeAndWait() throws NetRaidException {
        synchronized (listeners) {
            if (!ended.isEmpty()) {
                return;
            }
            if (control != null) {
                control.close();
            }
            try {
                runtime.shutdown();
            } catch (DaemonFailure e) {
                throw new NetRaidException(e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new NetRaidException("interrupted while the node was ending; what it did not finish is as after a crash");
            } finally {
                ended = "the node has been closed";
                runtime.release();
            }
        }
    }
}
