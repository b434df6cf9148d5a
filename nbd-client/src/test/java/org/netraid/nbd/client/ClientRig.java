/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.link.LinkFactory;
import org.netraid.sim.SimConnection;
import org.netraid.sim.SimLinkOptions;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimNetwork;
import org.netraid.sim.SimScheduler;

/** A client node, a {@link FakeServer} node and the network between them, in one thread. */
final class ClientRig implements NbdConnectionListener {

    static final long MS = 1_000_000L;

    /** A request that knows how often it was completed, and that it must not be completed inside submit. */
    final class Tracked {
        final BlockRequest request = new BlockRequest();
        int completions;
        BlockError error;
        String detail;

        Tracked read(long offset, ByteBuffer into) {
            request.read(offset, into, this::done);
            return this;
        }

        Tracked write(long offset, byte[] data, int flags) {
            request.write(offset, ByteBuffer.wrap(data), flags, this::done);
            return this;
        }

        Tracked flush() {
            request.flush(this::done);
            return this;
        }

        Tracked trim(long offset, long length) {
            request.trim(offset, length, 0, this::done);
            return this;
        }

        Tracked zeroes(long offset, long length, int flags) {
            request.writeZeroes(offset, length, flags, this::done);
            return this;
        }

        Tracked submit() {
            return submitTo(device);
        }

        Tracked submitTo(NbdClientDevice to) {
            submitting = true;
            to.submit(request);
            submitting = false;
            tracked.add(this);
            return this;
        }

        private void done(BlockRequest ended) {
            assertThat(submitting).as("completed inside submit").isFalse();
            assertThat(disconnects).as("completed after onDisconnected").isEqualTo(disconnectsBefore());
            completions++;
            error = ended.error();
            detail = ended.errorDetail();
        }

        private int disconnectsBefore() {
            return device != null && !device.isOpen() && disconnects > 0 ? disconnects : disconnectsAtConnect;
        }

        boolean isDone() {
            return completions > 0;
        }
    }

    final SimScheduler scheduler;
    final SimNetwork network;
    final SimLoop clientLoop;
    final SimLoop serverLoop;
    final LinkFactory clientLinks;
    final FakeServer server;
    final List<Tracked> tracked = new ArrayList<>();
    NbdClientConfig config = NbdClientConfig.defaults().withHoles(true);
    NbdTarget target = new NbdTarget(FakeServer.ADDRESS, "disk");
    NbdConnection connection;
    NbdClientDevice device;
    String connectFailure = "";
    String disconnectReason = "";
    int connects;
    int disconnects;
    int disconnectsAtConnect;
    private boolean submitting;

    ClientRig(long seed, int sizeBytes) {
        this(seed, sizeBytes, SimLinkOptions.defaults());
    }

    ClientRig(long seed, int sizeBytes, SimLinkOptions options) {
        scheduler = new SimScheduler(seed);
        network = new SimNetwork(scheduler, options);
        clientLoop = scheduler.loop("client");
        serverLoop = scheduler.loop("server");
        clientLinks = network.node("client", clientLoop);
        server = new FakeServer(sizeBytes);
        server.listen(network.node("server", serverLoop));
        scheduler.runUntilIdle(100);
    }

    Tracked request() {
        return new Tracked();
    }

    /** Connects and waits for the end of the handshake. */
    ClientRig connect() {
        start();
        assertThat(scheduler.runUntil(() -> device != null || !connectFailure.isEmpty(), 100_000)).isTrue();
        return this;
    }

    void start() {
        connection = new NbdConnector(clientLinks, clientLoop, config).connect(target, this);
    }

    void until(Tracked what) {
        assertThat(scheduler.runUntil(what::isDone, 1_000_000)).as("request ends: " + what.request).isTrue();
    }

    /** Runs it and gives its result. */
    BlockError run(Tracked what) {
        what.submit();
        until(what);
        return what.error;
    }

    void runFor(long ms) {
        scheduler.runFor(ms * MS);
    }

    SimConnection stream() {
        return network.connections().get(0);
    }

    void untilDisconnected() {
        assertThat(scheduler.runUntil(() -> disconnects > 0, 1_000_000)).as("onDisconnected").isTrue();
    }

    /** Every request submitted so far has been completed exactly once, and the server saw nothing illegal. */
    void assertClean() {
        assertThat(server.violation).isEmpty();
        for (Tracked one : tracked) {
            assertThat(one.completions).as("completions of " + one.request).isEqualTo(1);
        }
        if (device != null) {
            assertThat(device.requestsInFlight()).isZero();
        }
    }

    @Override
    public void onConnected(NbdClientDevice connected) {
        connects++;
        disconnectsAtConnect = disconnects;
        device = connected;
    }

    @Override
    public void onConnectFailed(String reason) {
        connectFailure = reason;
    }

    @Override
    public void onDisconnected(String reason) {
        disconnects++;
        disconnectReason = reason;
    }
}
