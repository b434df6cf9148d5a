/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.netraid.link.LinkFactory;
import org.netraid.link.LinkTls;
import org.netraid.link.SecureLinks;
import org.netraid.nbd.server.BufferPool;
import org.netraid.nbd.server.NbdService;
import org.netraid.nbd.server.ServerEvents;
import org.netraid.nbd.server.ServerLimits;
import org.netraid.nbd.server.ServerTls;
import org.netraid.replicator.config.NbdServerSettings;
import org.netraid.replicator.peer.PeerNetwork;
import org.netraid.replicator.peer.PeerReply;
import org.netraid.time.EventLoop;

/** What the mirrors of one node share. */
final class NodeContext {

    private static final long PAYLOAD_BYTES = 128L << 20;

    final NodeEnvironment env;
    final NodeEvents events;
    final ResyncOrder order;
    final TokenExports tokens = new TokenExports();
    final BufferPool payloads = new BufferPool(PAYLOAD_BYTES);
    final ServerLimits limits;
    final NbdService targetService;
    PeerNetwork peers;
    int nbdPort;
    /** Hear the tag of a mirror of which something may have changed that others can see. */
    final List<Consumer<String>> watchers = new ArrayList<>();
    private String turnedAway = "";

    NodeContext(NodeEnvironment env) {
        this.env = env;
        this.events = new NodeEvents(env.wallClock());
        this.order = new ResyncOrder(env.config().daemon().parallelResyncs());
        NbdServerSettings server = env.config().server();
        limits = ServerLimits.DEFAULT.withMaxConnections(server.maxConnections()).withMaxPerAddress(server.maxPerAddress())
                .withInFlight(server.requestsPerConnection(), ServerLimits.DEFAULT.maxBytesInFlight())
                .withHandshakeTimeout(server.handshakeNs()).withIdleTimeout(server.idleNs());
        targetService = new NbdService(env.loop(), tokens, limits, payloads, ServerEvents.NONE, fromNodes());
    }

    /** How sources reach this node's disks. */
    private ServerTls fromNodes() {
        LinkTls settings = env.tls().fromNodes();
        return settings == null ? ServerTls.OFF : new ServerTls(ServerTls.Mode.REQUIRE, settings);
    }

    /** Links of the peer channel, secured if the configuration wants it. */
    LinkFactory peerLinks() {
        LinkTls settings = env.tls().fromNodes();
        if (settings == null) {
            return env.links();
        }
        return new SecureLinks(env.links(), settings, address -> env.tls().toNode(env.config().nodes().stream()
                .filter(node -> node.address().equals(address)).findFirst().orElseThrow().name()), env.config().peers().connectNs(),
                this::onTurnedAway);
    }

    /** Whoever is turned away comes back, from another port; the operator wants it once. */
    private void onTurnedAway(String peer, String reason) {
        String gist = peer.replaceAll(":\\d+$", "") + reason;
        if (!gist.equals(turnedAway)) {
            turnedAway = gist;
            events.add("", "a peer at " + peer + " was turned away: " + reason);
        }
    }

    String node() {
        return env.node();
    }

    EventLoop loop() {
        return env.loop();
    }

    /** A random identifier that is never 0. */
    long newId() {
        long id;
        do {
            id = env.random().getAsLong();
        } while (id == 0);
        return id;
    }

    /** Long enough for a peer that opens a disk or an intent log before it answers. */
    long requestTimeoutNs() {
        return 2 * (env.config().peers().deadNs() + env.config().peers().connectNs());
    }

    void request(String peer, String method, JsonNode body, Consumer<PeerReply> reply) {
        peers.request(peer, method, body, requestTimeoutNs(), reply);
    }
}
