/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;

import org.netraid.link.Link;
import org.netraid.link.LinkAddress;
import org.netraid.link.LinkFactory;
import org.netraid.link.LinkHandler;

/**
 * The network between simulated nodes. A node's name is its host name. Streams behave as TCP: nothing inside a stream is lost
 * or reordered; a partition stalls bytes until it heals; a dead peer is noticed only when the network tells.
 *
 * <p>{@link #node} gives a node (one life of it) its {@link LinkFactory}. {@link #kill} is the end of its process: peers are
 * told, as a kernel does. {@link #vanish} is a power cut: nobody is told until the node is back.
 */
public final class SimNetwork {

    private static final int FIRST_FREE_PORT = 40_000;

    private final SimScheduler scheduler;
    private final SimRandom random;
    private final SimLinkOptions options;
    private final TreeMap<String, Listener> listeners = new TreeMap<>();
    private final TreeMap<String, SimLoop> nodes = new TreeMap<>();
    private final TreeSet<String> cuts = new TreeSet<>();
    private final TreeMap<String, Long> armedResets = new TreeMap<>();
    private final List<SimConnection> connections = new ArrayList<>();
    private int nextPort = FIRST_FREE_PORT;

    public SimNetwork(SimScheduler scheduler, SimLinkOptions options) {
        this.scheduler = scheduler;
        this.random = scheduler.random("network");
        this.options = options;
    }

    public SimNetwork(SimScheduler scheduler) {
        this(scheduler, SimLinkOptions.defaults());
    }

    /** Brings the node up, or back up after {@link #kill} or {@link #vanish}; peers still holding links to its earlier life see a reset. */
    public LinkFactory node(String name, SimLoop loop) {
        dropNode(name, true);
        nodes.put(name, loop);
        return new NodeLinks(name, loop);
    }

    /** The node's process is gone; its kernel resets every link, which a partition may hold back. */
    public void kill(String name) {
        dropNode(name, true);
        nodes.remove(name);
    }

    /** The node lost power: its links are dead and nobody is told until {@link #node} brings it back. */
    public void vanish(String name) {
        dropNode(name, false);
        nodes.remove(name);
    }

    private void dropNode(String name, boolean tellPeers) {
        listeners.keySet().removeIf(key -> key.startsWith(name + ":"));
        for (SimConnection connection : connections) {
            connection.endpointGone(name, tellPeers);
        }
        connections.removeIf(SimConnection::isDead);
    }

    // ---- partitions

    /** Bytes from one node to the other stall; the other direction flows. */
    public void cut(String from, String to) {
        cuts.add(from + ">" + to);
        scheduler.record("net.cut " + from + ">" + to);
    }

    public void cutBoth(String one, String other) {
        cut(one, other);
        cut(other, one);
    }

    /** Cuts the node off from every node known now. */
    public void isolate(String name) {
        for (String other : nodes.keySet()) {
            if (!other.equals(name)) {
                cutBoth(name, other);
            }
        }
    }

    public void heal(String one, String other) {
        cuts.remove(one + ">" + other);
        cuts.remove(other + ">" + one);
        scheduler.record("net.heal " + one + " " + other);
        resumeAll();
    }

    public void healAll() {
        cuts.clear();
        scheduler.record("net.heal all");
        resumeAll();
    }

    public boolean isCut(String from, String to) {
        return cuts.contains(from + ">" + to);
    }

    private void resumeAll() {
        for (SimConnection connection : new ArrayList<>(connections)) {
            connection.resume();
        }
    }

    // ---- connections

    /** The next connection that {@code from} opens to {@code to} is reset once so many bytes of {@code from}'s have been delivered. */
    public void resetNextAfter(String from, String to, long bytes) {
        armedResets.put(from + ">" + to, bytes);
    }

    /** Resets every connection between the two nodes; bytes in flight are lost. */
    public void resetAll(String one, String other) {
        for (SimConnection connection : new ArrayList<>(connections)) {
            if (connection.joins(one, other)) {
                connection.reset();
            }
        }
    }

    /** One of two nodes loses its end of every connection between them, and is told so; the other one is not. */
    public void halfOpenAll(String one, String other, String loser) {
        for (SimConnection connection : new ArrayList<>(connections)) {
            if (connection.joins(one, other)) {
                connection.halfOpen(loser);
            }
        }
    }

    /** Living connections in the order they were opened. */
    public List<SimConnection> connections() {
        connections.removeIf(SimConnection::isDead);
        return List.copyOf(connections);
    }

    SimScheduler scheduler() {
        return scheduler;
    }

    SimRandom random() {
        return random;
    }

    SimLinkOptions options() {
        return options;
    }

    long delayNs() {
        return random.between(options.minDelayNs(), options.maxDelayNs());
    }

    /** One accepting socket. */
    private static final class Listener {
        final SimLoop loop;
        final Function<String, LinkHandler> accept;

        Listener(SimLoop loop, Function<String, LinkHandler> accept) {
            this.loop = loop;
            this.accept = accept;
        }
    }

    private final class NodeLinks implements LinkFactory {
        private final String name;
        private final SimLoop loop;

        NodeLinks(String name, SimLoop loop) {
            this.name = name;
            this.loop = loop;
        }

        @Override
        public void connect(LinkAddress address, long timeoutNs, LinkHandler handler, Consumer<String> failed) {
            String peer = address.isUnix() ? name : address.host();
            new Attempt(this, address, peer, handler, failed).start(timeoutNs);
        }

        @Override
        public void listen(LinkAddress address, Function<String, LinkHandler> accept, Consumer<Listening> bound,
                Consumer<String> failed) {
            LinkAddress real = address.isUnix() || address.port() != 0 ? address
                    : LinkAddress.tcp(address.host(), nextPort++);
            String key = key(name, real);
            loop.execute(() -> {
                if (listeners.containsKey(key)) {
                    failed.accept("address already in use: " + real);
                    return;
                }
                Listener listener = new Listener(loop, accept);
                listeners.put(key, listener);
                bound.accept(new BoundListener(real, key, listener));
            });
        }
    }

    private final class BoundListener implements LinkFactory.Listening {
        private final LinkAddress address;
        private final String key;
        private final Listener listener;

        BoundListener(LinkAddress address, String key, Listener listener) {
            this.address = address;
            this.key = key;
            this.listener = listener;
        }

        @Override
        public LinkAddress address() {
            return address;
        }

        @Override
        public void close() {
            listeners.remove(key, listener);
        }
    }

    private static String key(String node, LinkAddress address) {
        return node + ":" + (address.isUnix() ? address.socketPath() : Integer.toString(address.port()));
    }

    /** One connect: SYN, accept, answer; each may be lost in a partition, and then the timeout ends it. */
    private final class Attempt {
        private final NodeLinks from;
        private final LinkAddress address;
        private final String peer;
        private final LinkHandler handler;
        private final Consumer<String> failed;
        private boolean ended;
        private SimScheduler.Event timeout;
        private SimConnection connection;

        Attempt(NodeLinks from, LinkAddress address, String peer, LinkHandler handler, Consumer<String> failed) {
            this.from = from;
            this.address = address;
            this.peer = peer;
            this.handler = handler;
            this.failed = failed;
        }

        void start(long timeoutNs) {
            timeout = scheduler.after(timeoutNs, from.name + ".connect timeout", () -> {
                fail("connection to " + address + " timed out after " + timeoutNs / 1_000_000 + " ms");
                if (connection != null) {
                    connection.client().abort();
                }
            });
            scheduler.after(delayNs(), from.name + ".syn", this::arrive);
        }

        private void arrive() {
            if (ended || isCut(from.name, peer) || !nodes.containsKey(peer)) {
                return;
            }
            Listener listener = listeners.get(key(peer, address));
            boolean answerLost = isCut(peer, from.name);
            if (listener == null || !listener.loop.isAlive()) {
                if (!answerLost) {
                    scheduler.after(delayNs(), peer + ".refuse", () -> fail("connection to " + address + " refused"));
                }
                return;
            }
            listener.loop.execute(() -> accepted(listener, answerLost));
        }

        private void accepted(Listener listener, boolean answerLost) {
            if (ended || !from.loop.isAlive()) {
                return;
            }
            LinkHandler serverHandler = listener.accept.apply(from.name);
            connection = new SimConnection(SimNetwork.this, from.name, from.loop, address.toString(), peer, listener.loop);
            connections.removeIf(SimConnection::isDead);
            connections.add(connection);
            Long resetAfter = armedResets.remove(from.name + ">" + peer);
            if (resetAfter != null) {
                connection.resetAfter(from.name, resetAfter);
            }
            if (serverHandler == null) {
                connection.server().refuse();
            } else {
                connection.server().open(serverHandler);
            }
            if (!answerLost) {
                scheduler.after(delayNs(), peer + ".synack", this::answered);
            }
        }

        private void answered() {
            if (end()) {
                from.loop.execute(() -> connection.client().open(handler));
            }
        }

        private void fail(String reason) {
            if (end()) {
                from.loop.execute(() -> failed.accept(reason));
            }
        }

        private boolean end() {
            if (ended) {
                return false;
            }
            ended = true;
            timeout.cancel();
            return true;
        }
    }

    /** The link of a test that holds both ends in its hands: opened at once, no handshake. For unit tests of one protocol side. */
    public Link connectDirectly(String from, SimLoop fromLoop, LinkHandler client, String to, SimLoop toLoop, LinkHandler server) {
        SimConnection connection = new SimConnection(this, from, fromLoop, to, to, toLoop);
        connections.add(connection);
        toLoop.execute(() -> connection.server().open(server));
        fromLoop.execute(() -> connection.client().open(client));
        return connection.client();
    }
}
