/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.netraid.block.BlockDevice;
import org.netraid.link.LinkFactory;
import org.netraid.replicator.config.MirrorConfig;
import org.netraid.replicator.config.NodeConfig;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.MirrorEvent;
import org.netraid.replicator.control.MirrorStatus;
import org.netraid.replicator.control.NodeControl;
import org.netraid.replicator.control.NodeStatus;
import org.netraid.replicator.control.PeerStatus;
import org.netraid.replicator.peer.PeerConfig;
import org.netraid.replicator.peer.PeerEvents;
import org.netraid.replicator.peer.PeerNetwork;
import org.netraid.replicator.state.Role;

/**
 * One node. {@link #start} boots it, {@link #shutdown} ends it in order; a crash is simply the end of its loop. All methods on the loop.
 */
public final class ReplicatorNode implements NodeControl, PeerEvents {

    private static final long COMMAND_TIMEOUT_NS = 120_000_000_000L;

    private final NodeContext context;
    private final NodeConfig own;
    private final Map<String, VolumeAgent> agents = new LinkedHashMap<>();
    /** Mirrors of other nodes that this one votes for. */
    private final Map<String, TieBreaker> tieBreakers = new LinkedHashMap<>();
    private LinkFactory.Listening nbdListening;
    private boolean down;

    /**
     * Reads the node's durable state; nothing is started.
     *
     * @throws org.netraid.store.StateFolderException if the state folder cannot be read
     * @throws IllegalArgumentException if the configuration has no such node
     */
    public ReplicatorNode(NodeEnvironment env) {
        own = env.config().node(env.node()).orElseThrow(() -> new IllegalArgumentException("the configuration has no node " + env.node()
                + "; its nodes are " + String.join(", ", env.config().nodes().stream().map(NodeConfig::name).toList())));
        context = new NodeContext(env);
        List<PeerConfig.Peer> peers = env.config().nodes().stream().filter(node -> !node.name().equals(env.node()))
                .map(node -> new PeerConfig.Peer(node.name(), node.address())).toList();
        PeerConfig peerConfig = new PeerConfig(env.config().name(), env.node(), own.address(), peers, env.secret(),
                env.config().peers().heartbeatNs(), env.config().peers().deadNs(), env.config().peers().connectNs(),
                env.config().peers().reconnectNs());
        context.peers = new PeerNetwork(peerConfig, context.peerLinks(), env.loop(), env.random(), this);
        for (MirrorConfig mirror : env.config().mirrorsOf(env.node())) {
            agents.put(mirror.tag(), new VolumeAgent(context, mirror, mirror.member(env.node()).orElseThrow()));
        }
        for (MirrorConfig mirror : env.config().mirrors()) {
            if (mirror.failover().quorum().tieBreaker().equals(env.node())) {
                tieBreakers.put(mirror.tag(), new TieBreaker(context, mirror.tag()));
            }
        }
    }

    /**
     * Listens, boots the mirrors, and looks for the peers.
     *
     * @param started gets "" when the node listens everywhere, or what failed: then the process should end
     */
    public void start(Consumer<String> started) {
        context.env.links().listen(own.nbd(), peer -> context.targetService.accept(peer), bound -> {
            nbdListening = bound;
            context.nbdPort = bound.address().port();
            context.peers.start(error -> {
                if (error.isEmpty()) {
                    agents.values().forEach(VolumeAgent::boot);
                }
                started.accept(error);
            });
        }, reason -> started.accept("cannot listen for sources on " + own.nbd() + ": " + reason));
    }

    /** Takes every mirror out of service in order, then ends. A mirror that was in service starts again at the next boot. */
    public void shutdown(Runnable done) {
        down = true;
        Steps steps = new Steps(() -> {
            context.peers.close();
            if (nbdListening != null) {
                nbdListening.close();
            }
            context.targetService.shutdown(done);
        });
        for (VolumeAgent agent : agents.values()) {
            steps.begin();
            agent.shutdown(steps::end);
        }
        steps.allBegun();
    }

    // ---- control

    @Override
    public void execute(MirrorCommand command, Consumer<CommandResult> result) {
        String node = command.source() == null ? context.node() : command.source();
        Optional<MirrorConfig> mirror = context.env.config().mirror(command.tag());
        if (mirror.isEmpty()) {
            result.accept(CommandResult.failed(ExitCode.NO_SUCH_MIRROR, "", "there is no mirror " + command.tag()
                    + " in the configuration of node " + context.node(), "its mirrors are "
                    + String.join(", ", context.env.config().mirrors().stream().map(MirrorConfig::tag).toList())));
        } else if (down) {
            result.accept(CommandResult.failed(ExitCode.BUSY, "", "the daemon of " + context.node() + " is stopping"));
        } else if (!node.equals(context.node())) {
            forward(node, command, result);
        } else if (agents.containsKey(command.tag())) {
            agents.get(command.tag()).execute(command, result);
        } else if (tieBreakers.containsKey(command.tag())) {
            result.accept(tieBreakers.get(command.tag()).execute(command));
        } else {
            result.accept(CommandResult.failed(ExitCode.NO_SUCH_MIRROR, "", "node " + node + " is not a member of " + command.tag(),
                    "name a member as source: " + String.join(", ", mirror.get().members().stream().map(member -> member.node())
                    .toList())));
        }
    }

    private void forward(String node, MirrorCommand command, Consumer<CommandResult> result) {
        if (context.env.config().node(node).isEmpty()) {
            result.accept(CommandResult.failed(ExitCode.USAGE, "", "there is no node " + node + " with a daemon in the configuration",
                    "its nodes are " + String.join(", ", context.env.config().nodes().stream().map(NodeConfig::name).toList())));
            return;
        }
        ObjectNode body = PeerMessages.object(command.tag());
        body.set("command", PeerMessages.command(command));
        context.peers.request(node, PeerMessages.COMMAND, body, COMMAND_TIMEOUT_NS, reply -> result.accept(reply.isOk()
                ? PeerMessages.result(reply.body()) : CommandResult.failed(ExitCode.UNREACHABLE, "", reply.error(),
                        "give the command on " + node + " itself: " + command.asTyped())));
    }

    @Override
    public NodeStatus status() {
        List<PeerStatus> peers = new ArrayList<>();
        for (NodeConfig node : context.env.config().nodes()) {
            if (!node.name().equals(context.node())) {
                peers.add(new PeerStatus(node.name(), node.address().toString(), context.peers.isUp(node.name()),
                        context.peers.lastError(node.name())));
            }
        }
        return new NodeStatus(context.node(), context.peers.address() == null ? "" : context.peers.address().toString(),
                nbdListening == null ? "" : nbdListening.address().toString(), peers,
                agents.values().stream().map(VolumeAgent::status).toList());
    }

    @Override
    public Optional<MirrorStatus> status(String tag) {
        return Optional.ofNullable(agents.get(tag)).map(VolumeAgent::status);
    }

    /** The mirror, while it is in service here. */
    public Optional<BlockDevice> device(String tag) {
        VolumeAgent agent = agents.get(tag);
        return agent == null || agent.role() != Role.SOURCE || agent.source() == null ? Optional.empty()
                : Optional.of(agent.source().mirror());
    }

    /**
     * Calls the listener with the tag of each mirror of which something may have changed, on the loop, often for nothing.
     *
     * @return removes it
     */
    public Runnable onChange(Consumer<String> listener) {
        context.watchers.add(listener);
        return () -> context.watchers.remove(listener);
    }

    /** For checkers that look at a simulated node from outside. */
    VolumeAgent agent(String tag) {
        return agents.get(tag);
    }

    @Override
    public List<MirrorEvent> events(long afterId) {
        return context.events.after(afterId);
    }

    @Override
    public Runnable onEvent(Consumer<MirrorEvent> listener) {
        return context.events.listen(listener);
    }

    // ---- peers

    @Override
    public void onPeerUp(String peer) {
        context.events.add("", "node " + peer + " is connected");
        agents.values().forEach(agent -> agent.peerUp(peer));
    }

    @Override
    public void onPeerDown(String peer, String reason) {
        context.events.add("", "node " + peer + " is gone: " + reason);
        agents.values().forEach(agent -> agent.peerDown(peer));
        tieBreakers.values().forEach(tieBreaker -> tieBreaker.peerDown(peer));
    }

    @Override
    public void onRequest(String peer, String method, JsonNode body, Answer answer) {
        VolumeAgent agent = agents.get(body.path("tag").asText());
        TieBreaker tieBreaker = tieBreakers.get(body.path("tag").asText());
        if (agent == null && tieBreaker == null) {
            answer.error("node " + context.node() + " has no mirror " + body.path("tag").asText()
                    + "; the nodes' configurations differ");
            return;
        }
        try {
            if (agent != null) {
                agent.request(peer, method, body, answer);
            } else {
                tieBreaker.request(peer, method, body, answer);
            }
        } catch (IllegalArgumentException e) {
            answer.error("node " + context.node() + " does not understand " + method + ": " + e.getMessage());
        }
    }

    @Override
    public void onRefused(String text) {
        context.events.add("", text);
    }
}
