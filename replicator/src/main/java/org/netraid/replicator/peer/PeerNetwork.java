/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.peer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.netraid.link.LinkAddress;
import org.netraid.link.LinkFactory;
import org.netraid.time.EventLoop;

/**
 * This node's streams to all its peers, kept up, with requests and answers on them.
 *
 * <p>Of each pair, the node whose name comes first connects, so that there is one stream and not two that race. A new stream
 * of the same peer replaces the old one: the peer has been restarted, or knows better than this node that the old one is dead.
 */
public final class PeerNetwork implements PeerSession.Owner {

    private static final int MAX_OPEN_REQUESTS = 1024;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final PeerConfig config;
    private final LinkFactory links;
    private final EventLoop loop;
    private final LongSupplier random;
    private final PeerEvents events;
    private final TreeMap<String, Peer> peers = new TreeMap<>();
    private LinkFactory.Listening listening;
    private String strangerRefusal = "";
    private boolean closed;

    /** @param random unpredictable numbers in production: nonces are made of them */
    public PeerNetwork(PeerConfig config, LinkFactory links, EventLoop loop, LongSupplier random, PeerEvents events) {
        this.config = config;
        this.links = links;
        this.loop = loop;
        this.random = random;
        this.events = events;
        for (PeerConfig.Peer peer : config.peers()) {
            peers.put(peer.node(), new Peer(peer));
        }
    }

    /**
     * Listens and begins to connect.
     *
     * @param started gets "" or why this node cannot listen
     */
    public void start(Consumer<String> started) {
        links.listen(config.listen(), peer -> closed ? null : new PeerSession(config, loop, random, this, null), bound -> {
            listening = bound;
            if (closed) {
                bound.close();
                return;
            }
            for (Peer peer : peers.values()) {
                connect(peer);
            }
            started.accept("");
        }, reason -> started.accept("cannot listen for peers on " + config.listen() + ": " + reason));
    }

    /** Ends every stream and stops listening. */
    public void close() {
        closed = true;
        if (listening != null) {
            listening.close();
        }
        for (Peer peer : peers.values()) {
            if (peer.session != null) {
                peer.session.end("this node is stopping", false);
            }
            if (peer.attempt != null) {
                peer.attempt.end("this node is stopping", false);
            }
        }
    }

    public boolean isUp(String node) {
        Peer peer = peers.get(node);
        return peer != null && peer.session != null;
    }

    /** Why the peer was last down; "" if it never was. */
    public String lastError(String node) {
        Peer peer = peers.get(node);
        return peer == null ? "" : peer.lastError;
    }

    public LinkAddress address() {
        return listening == null ? null : listening.address();
    }

    /**
     * Asks a peer.
     *
     * @param reply called once, later: with the answer, or with an error when the peer refuses, is away, goes away, or is silent
     *     for {@code timeoutNs}
     */
    public void request(String node, String method, JsonNode body, long timeoutNs, Consumer<PeerReply> reply) {
        Peer peer = peers.get(node);
        if (peer == null || peer.session == null || peer.open.size() >= MAX_OPEN_REQUESTS) {
            String error = peer == null ? "there is no node " + node + " in the configuration" : peer.session == null
                    ? "node " + node + " cannot be reached" + (peer.lastError.isEmpty() ? "" : " (" + peer.lastError + ")")
                    : "too many requests wait for node " + node;
            loop.execute(() -> reply.accept(new PeerReply(null, error, false)));
            return;
        }
        long id = ++peer.lastRequest;
        EventLoop.Timer timer = loop.schedule(timeoutNs, () -> finish(peer, id, new PeerReply(null,
                "node " + node + " did not answer " + method + " within " + timeoutNs / 1_000_000 + " ms", false)));
        peer.open.put(id, new Open(reply, timer));
        ObjectNode message = JSON.createObjectNode().put("t", "request").put("id", id).put("m", method);
        message.set("b", body);
        peer.session.send(message);
    }

    private void finish(Peer peer, long id, PeerReply reply) {
        Open request = peer.open.remove(id);
        if (request != null) {
            request.timer.cancel();
            request.reply.accept(reply);
        }
    }

    // ---- connecting

    private boolean connects(Peer peer) {
        return config.node().compareTo(peer.node) < 0;
    }

    private void connect(Peer peer) {
        if (closed || !connects(peer) || peer.session != null || peer.attempt != null) {
            return;
        }
        PeerSession session = new PeerSession(config, loop, random, this, peer.node);
        peer.attempt = session;
        links.connect(peer.address, config.connectNs(), session, reason -> {
            if (peer.attempt == session) {
                peer.attempt = null;
                peer.lastError = reason;
                retry(peer);
            }
        });
    }

    private void retry(Peer peer) {
        if (closed || !connects(peer)) {
            return;
        }
        long pauseNs = config.reconnectNs() << Math.min(3, peer.failures++);
        // a little different for each attempt, so that two nodes do not keep missing each other
        long jitterNs = Math.floorMod(random.getAsLong(), Math.max(1, pauseNs / 4));
        loop.schedule(pauseNs + jitterNs, () -> connect(peer));
    }

    @Override
    public void sessionOpen(PeerSession session) {
        Peer peer = peers.get(session.peer());
        if (peer.attempt == session) {
            peer.attempt = null;
        }
        if (closed) {
            session.end("this node is stopping", false);
            return;
        }
        PeerSession old = peer.session;
        if (old != null) {
            lost(peer, old.peer() + " has connected anew");
            old.end(old.peer() + " has connected anew", false);
        }
        peer.session = session;
        peer.failures = 0;
        peer.lastRefusal = "";
        events.onPeerUp(peer.node);
    }

    @Override
    public void sessionEnded(PeerSession session, String reason, boolean refused) {
        Peer peer = session.peer() == null ? null : peers.get(session.peer());
        if (refused) {
            // the same refusal comes back with each attempt, from another port; the operator wants it once
            String gist = reason.replaceAll(":\\d+", "");
            if (!gist.equals(peer == null ? strangerRefusal : peer.lastRefusal)) {
                events.onRefused(reason);
            }
            if (peer == null) {
                strangerRefusal = gist;
            } else {
                peer.lastRefusal = gist;
            }
        }
        if (peer == null) {
            return;
        }
        peer.lastError = reason;
        if (peer.session == session) {
            lost(peer, reason);
            retry(peer);
        } else if (peer.attempt == session) {
            peer.attempt = null;
            retry(peer);
        }
    }

    private void lost(Peer peer, String reason) {
        peer.session = null;
        List<Long> open = new ArrayList<>(peer.open.keySet());
        for (long id : open) {
            finish(peer, id, new PeerReply(null, "node " + peer.node + " was lost before it answered: " + reason, false));
        }
        if (!closed) {
            events.onPeerDown(peer.node, reason);
        }
    }

    // ---- messages

    @Override
    public void sessionFrame(PeerSession session, JsonNode frame) {
        Peer peer = peers.get(session.peer());
        if (peer == null || peer.session != session || closed) {
            return;
        }
        long id = frame.path("id").asLong();
        switch (frame.path("t").asText()) {
            case "request" -> events.onRequest(peer.node, frame.path("m").asText(), frame.path("b"), new Reply(session, id));
            case "answer" -> finish(peer, id, frame.has("error")
                    ? new PeerReply(null, PeerSession.printable(frame.path("error").asText()), true)
                    : new PeerReply(frame.path("b"), "", true));
            default -> session.end("peer " + peer.node + " sent a message of an unknown kind", true);
        }
    }

    private static final class Reply implements PeerEvents.Answer {
        private final PeerSession session;
        private final long id;
        private boolean answered;

        Reply(PeerSession session, long id) {
            this.session = session;
            this.id = id;
        }

        @Override
        public void ok(JsonNode body) {
            ObjectNode message = JSON.createObjectNode().put("t", "answer").put("id", id);
            message.set("b", body);
            send(message);
        }

        @Override
        public void error(String text) {
            send(JSON.createObjectNode().put("t", "answer").put("id", id).put("error", text.isEmpty() ? "failed" : text));
        }

        private void send(ObjectNode message) {
            if (answered) {
                throw new IllegalStateException("request answered twice");
            }
            answered = true;
            session.send(message);
        }
    }

    private record Open(Consumer<PeerReply> reply, EventLoop.Timer timer) {
    }

    private static final class Peer {
        final String node;
        final LinkAddress address;
        final TreeMap<Long, Open> open = new TreeMap<>();
        PeerSession session;
        PeerSession attempt;
        String lastError = "";
        String lastRefusal = "";
        long lastRequest;
        int failures;

        Peer(PeerConfig.Peer config) {
            node = config.node();
            address = config.address();
        }
    }
}
