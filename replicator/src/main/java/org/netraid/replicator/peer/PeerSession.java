/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.peer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.LongSupplier;
import org.netraid.link.Link;
import org.netraid.link.LinkHandler;
import org.netraid.time.EventLoop;

/**
 * One stream between two nodes: handshake, then MACed frames, heartbeats, and the end.
 *
 * <pre>
 *   client                                   server
 *   hello {cluster, from, to, nonce}  ---->
 *                                     <----  hello {from, nonce, proof}   or  refuse {text}
 *   proof                             ---->                               or  refuse {text}
 *                                     <----  welcome (the first MACed frame)
 * </pre>
 */
final class PeerSession implements LinkHandler {

    static final int VERSION = 1;
    /** A dirty map of a very large disk is the biggest message. */
    static final int MAX_FRAME_BYTES = 16 << 20;
    private static final int MAX_HANDSHAKE_BYTES = 4096;
    private static final long MAX_QUEUED_BYTES = 64 << 20;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HexFormat HEX = HexFormat.of();

    private enum Phase { CONNECTING, HELLO, PROOF, WELCOME, OPEN, ENDED }

    /** What the session tells its owner. */
    interface Owner {
        /** The peer is who it says. */
        void sessionOpen(PeerSession session);

        void sessionFrame(PeerSession session, JsonNode frame);

        /** Last call. @param refused the peer or this node refused the other: say it to the operator */
        void sessionEnded(PeerSession session, String reason, boolean refused);
    }

    private final PeerConfig config;
    private final EventLoop loop;
    private final LongSupplier random;
    private final Owner owner;
    private final boolean client;
    private final FrameReader reader = new FrameReader();
    private Phase phase = Phase.CONNECTING;
    private Link link;
    private String peer;
    private String ownNonce;
    private String peerNonce;
    private PeerCrypto.Stream sending;
    private PeerCrypto.Stream receiving;
    private EventLoop.Timer timer;
    private long heardNs;
    private long sentNs;
    private long queuedBytes;
    private String endReason;
    private boolean endRefused;

    /** @param peer the peer to be reached; null on the accepting side */
    PeerSession(PeerConfig config, EventLoop loop, LongSupplier random, Owner owner, String peer) {
        this.config = config;
        this.loop = loop;
        this.random = random;
        this.owner = owner;
        this.peer = peer;
        this.client = peer != null;
    }

    /** The other node; null before it has said so. */
    String peer() {
        return peer;
    }

    boolean isOpen() {
        return phase == Phase.OPEN;
    }

    @Override
    public void onOpen(Link opened) {
        link = opened;
        phase = Phase.HELLO;
        heardNs = loop.nanoTime();
        sentNs = heardNs;
        ownNonce = HEX.formatHex(ByteBuffer.allocate(PeerCrypto.NONCE_BYTES).putLong(random.getAsLong()).putLong(random.getAsLong())
                .array());
        timer = loop.schedule(config.connectNs(), () -> end("the handshake took longer than " + config.connectNs() / 1_000_000 + " ms",
                false));
        if (client) {
            send(hello().put("to", peer));
        }
    }

    private ObjectNode hello() {
        return JSON.createObjectNode().put("netraid", VERSION).put("cluster", config.cluster()).put("from", config.node())
                .put("nonce", ownNonce);
    }

    @Override
    public void onBytes(ByteBuffer bytes) {
        heardNs = loop.nanoTime();
        try {
            while (phase != Phase.ENDED) {
                byte[] frame = reader.next(bytes, phase == Phase.OPEN ? MAX_FRAME_BYTES : MAX_HANDSHAKE_BYTES);
                if (frame == null) {
                    break;
                }
                onFrame(frame);
            }
        } catch (IllegalArgumentException e) {
            end("peer " + name() + " sent " + e.getMessage(), true);
        }
        bytes.position(bytes.limit());
    }

    private void onFrame(byte[] frame) {
        int length = frame.length;
        if (receiving != null) {
            length -= PeerCrypto.MAC_BYTES;
            if (length < 2 || !PeerCrypto.equal(receiving.next(frame, 0, length), Arrays.copyOfRange(frame, length, frame.length))) {
                end("a frame from " + name() + " was changed on its way", true);
                return;
            }
        }
        JsonNode json = parse(frame, length);
        switch (phase) {
            case HELLO -> onHello(json);
            case PROOF -> onProof(json);
            case WELCOME -> open();
            case OPEN -> onMessage(json);
            default -> { }
        }
    }

    private static JsonNode parse(byte[] frame, int length) {
        try {
            JsonNode json = JSON.readTree(new String(frame, 0, length, StandardCharsets.UTF_8));
            if (json == null || !json.isObject()) {
                throw new IllegalArgumentException("a frame that is not a JSON object");
            }
            return json;
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("a frame that is not JSON", e);
        }
    }

    private void onMessage(JsonNode json) {
        if (!"ping".equals(json.path("t").asText())) {
            owner.sessionFrame(this, json);
        }
    }

    // ---- handshake

    private void onHello(JsonNode hello) {
        if (hello.has("refuse")) {
            end("refused by " + name() + ": " + printable(hello.path("refuse").asText()), true);
            return;
        }
        String from = hello.path("from").asText();
        String fault = faultOf(hello, from);
        if (fault != null) {
            refuse(fault);
            return;
        }
        peer = from;
        peerNonce = hello.path("nonce").asText();
        if (client) {
            if (!isProof("server", hello.path("proof").asText())) {
                end("peer " + peer + " at " + link.peer() + " does not know the secret of cluster " + config.cluster()
                        + "; the secret files differ", true);
                return;
            }
            phase = Phase.WELCOME;
            send(JSON.createObjectNode().put("proof", HEX.formatHex(proof("client"))));
            startStreams();
        } else {
            phase = Phase.PROOF;
            send(hello().put("proof", HEX.formatHex(proof("server"))));
        }
    }

    private String faultOf(JsonNode hello, String from) {
        if (hello.path("netraid").asInt() != VERSION) {
            return "it speaks version " + hello.path("netraid").asInt() + " of the peer protocol, this node speaks " + VERSION;
        }
        if (!hello.path("cluster").asText().equals(config.cluster())) {
            return "it belongs to cluster " + printable(hello.path("cluster").asText()) + ", this node to " + config.cluster();
        }
        if (client && !from.equals(peer)) {
            return "at the address of " + peer + " answers " + printable(from);
        }
        if (!client && !hello.path("to").asText().equals(config.node())) {
            return "it looks for node " + printable(hello.path("to").asText()) + ", this is " + config.node();
        }
        if (!config.knows(from)) {
            return "node " + printable(from) + " is not in this node's configuration";
        }
        String nonce = hello.path("nonce").asText();
        return nonce.length() != 2 * PeerCrypto.NONCE_BYTES || nonce.equals(ownNonce) ? "its nonce is not acceptable" : null;
    }

    private void onProof(JsonNode json) {
        if (json.has("refuse")) {
            end("refused by " + name() + ": " + printable(json.path("refuse").asText()), true);
        } else if (!isProof("client", json.path("proof").asText())) {
            refuse("it does not know the secret of cluster " + config.cluster() + "; the secret files differ");
        } else {
            startStreams();
            send(JSON.createObjectNode().put("welcome", true));
            open();
        }
    }

    private void refuse(String fault) {
        send(JSON.createObjectNode().put("refuse", fault));
        end("refused " + (peer != null ? peer : "a connection") + " at " + link.peer() + ": " + fault, true);
    }

    private byte[] proof(String role) {
        return PeerCrypto.proof(config.secret(), role, conversation());
    }

    private boolean isProof(String role, String hex) {
        return PeerCrypto.equal(HEX.formatHex(proof(role)).getBytes(StandardCharsets.UTF_8), hex.getBytes(StandardCharsets.UTF_8));
    }

    private String conversation() {
        return client ? PeerCrypto.conversation(config.cluster(), config.node(), peer, ownNonce, peerNonce)
                : PeerCrypto.conversation(config.cluster(), peer, config.node(), peerNonce, ownNonce);
    }

    private void startStreams() {
        byte[] key = proof("session");
        sending = new PeerCrypto.Stream(key, client);
        receiving = new PeerCrypto.Stream(key, !client);
    }

    private void open() {
        phase = Phase.OPEN;
        timer.cancel();
        heartbeat();
        owner.sessionOpen(this);
    }

    // ---- life

    private void heartbeat() {
        if (phase != Phase.OPEN) {
            return;
        }
        long now = loop.nanoTime();
        if (now - heardNs > config.deadNs()) {
            end("nothing heard from " + peer + " for " + config.deadNs() / 1_000_000 + " ms", false);
            return;
        }
        if (now - sentNs >= config.heartbeatNs() / 2) {
            send(JSON.createObjectNode().put("t", "ping"));
        }
        timer = loop.schedule(config.heartbeatNs() / 2, this::heartbeat);
    }

    /** Sends a message; it is lost if the session is not open, which the owner is told in time. */
    void send(ObjectNode message) {
        if (link == null || phase == Phase.ENDED) {
            return;
        }
        byte[] body = text(message).getBytes(StandardCharsets.UTF_8);
        int macBytes = sending == null ? 0 : PeerCrypto.MAC_BYTES;
        if (body.length + macBytes > MAX_FRAME_BYTES || queuedBytes > MAX_QUEUED_BYTES) {
            end(queuedBytes > MAX_QUEUED_BYTES ? "peer " + name() + " does not read what it is sent"
                    : "a message of " + body.length + " bytes is too long for the peer channel", false);
            return;
        }
        ByteBuffer bytes = ByteBuffer.allocate(FrameReader.LENGTH_BYTES + body.length + macBytes);
        bytes.putInt(body.length + macBytes).put(body);
        if (sending != null) {
            bytes.put(sending.next(body, 0, body.length));
        }
        bytes.flip();
        int size = bytes.remaining();
        queuedBytes += size;
        sentNs = loop.nanoTime();
        link.write(bytes, () -> queuedBytes -= size);
        link.flush();
    }

    private static String text(ObjectNode message) {
        try {
            return JSON.writeValueAsString(message);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a JSON tree is always writable", e);
        }
    }

    /** Ends the session; the owner is told once, later. What was sent before is still delivered if possible. */
    void end(String reason, boolean refused) {
        if (phase == Phase.ENDED) {
            return;
        }
        phase = Phase.ENDED;
        endReason = reason;
        endRefused = refused;
        if (timer != null) {
            timer.cancel();
        }
        if (link != null) {
            link.close();
            // a dead peer never takes what is queued, and closing would wait for it
            loop.schedule(config.connectNs(), link::abort);
        }
        loop.execute(() -> owner.sessionEnded(this, endReason, endRefused));
    }

    @Override
    public void onClosed(String reason) {
        end("connection to " + name() + " lost: " + reason, false);
    }

    private String name() {
        return peer != null ? peer : link == null ? "?" : link.peer();
    }

    /** Text from another node, fit to be shown. */
    static String printable(String text) {
        String clean = text.replaceAll("\\p{Cntrl}", "?");
        return clean.length() <= 300 ? clean : clean.substring(0, 300) + "...";
    }
}
