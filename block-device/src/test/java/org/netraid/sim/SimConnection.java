/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.sim;

/** One stream between two nodes: its two ends and the faults that strike it alone. */
public final class SimConnection {

    private final SimNetwork network;
    private final SimLink client;
    private final SimLink server;

    SimConnection(SimNetwork network, String clientNode, SimLoop clientLoop, String serverAddress, String serverNode,
            SimLoop serverLoop) {
        this.network = network;
        this.client = new SimLink(this, clientNode, clientLoop, serverAddress);
        this.server = new SimLink(this, serverNode, serverLoop, clientNode);
        client.join(server);
        server.join(client);
    }

    SimNetwork network() {
        return network;
    }

    /** The end that connected. */
    public SimLink client() {
        return client;
    }

    /** The end that accepted. */
    public SimLink server() {
        return server;
    }

    /** True if the stream is between these two nodes, in either direction. */
    public boolean joins(String one, String other) {
        return client.node().equals(one) && server.node().equals(other)
                || client.node().equals(other) && server.node().equals(one);
    }

    /** Both ends see a reset; bytes in flight are lost. A partition does not hold it back. */
    public void reset() {
        client.dropInFlight();
        server.dropInFlight();
        client.die("connection reset");
        server.die("connection reset");
    }

    /** Resets once so many bytes sent by this node have been delivered, counted from the stream's start. */
    public void resetAfter(String fromNode, long bytes) {
        (client.node().equals(fromNode) ? client : server).armReset(bytes);
    }

    /** The end at this node is dead and told so; the other end is not told. */
    public void halfOpen(String deadNode) {
        (client.node().equals(deadNode) ? client : server).die("connection lost");
    }

    /** Bytes sent by this node that its peer's handler has been offered so far. */
    public long deliveredBytes(String fromNode) {
        return (client.node().equals(fromNode) ? client : server).deliveredBytes();
    }

    void endpointGone(String node, boolean tellPeer) {
        if (client.node().equals(node)) {
            client.vanish(tellPeer);
        }
        if (server.node().equals(node)) {
            server.vanish(tellPeer);
        }
    }

    void resume() {
        client.resume();
        server.resume();
    }

    boolean isDead() {
        return client.isDead() && server.isDead();
    }
}
