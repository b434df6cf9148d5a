/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.soak;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.netraid.block.BlockRequest;
import org.netraid.link.io.NettyLinkOptions;
import org.netraid.link.io.NettyRuntime;
import org.netraid.nbd.client.NbdClientConfig;
import org.netraid.nbd.client.NbdClientDevice;
import org.netraid.nbd.client.NbdConnectionListener;
import org.netraid.nbd.client.NbdConnector;
import org.netraid.nbd.client.NbdTarget;
import org.netraid.nbd.wire.NbdUri;

/** All clients of one process on one loop, with one model of one export. Methods for any thread. */
public final class SoakClients implements SoakConnection.Judge, AutoCloseable {

    private static final int MAX_COMPLAINTS = 20;
    /** After a stall the clients catch up by no more than this. */
    private static final long MAX_BURST_NS = 100_000_000L;

    private final NettyRuntime runtime = new NettyRuntime("soak", 1, this::onBroken);
    private final NbdConnector connector;
    private final NbdTarget target;
    private final SoakModel model;
    private final SoakSettings settings;
    private final CountDownLatch idle;
    private final AtomicLong done = new AtomicLong();
    private final AtomicLong kills = new AtomicLong();
    private final List<String> wrong = new ArrayList<>();
    private final LatencyHistogram writes = new LatencyHistogram();
    private volatile boolean stopped;
    private NbdClientDevice zeroing;
    /** When the next request is due, where they are paced. On the loop. */
    private long nextNs;

    public SoakClients(String uri, SoakSettings settings) {
        this.settings = settings;
        this.target = NbdTarget.of(NbdUri.parse(uri));
        this.model = new SoakModel((int) (settings.sizeBytes() / SoakModel.BLOCK_BYTES));
        this.idle = new CountDownLatch(settings.connections());
        NbdClientConfig config = NbdClientConfig.defaults().withHoles(true).withRequestTimeoutNs(60_000_000_000L);
        connector = new NbdConnector(runtime.links(0, NettyLinkOptions.DEFAULT), runtime.loop(0), config);
    }

    /** Makes the export zero, then lets every client begin. */
    public void start() {
        runtime.loop(0).execute(() -> connector.connect(target, new NbdConnectionListener() {
            @Override
            public void onConnected(NbdClientDevice device) {
                zeroing = device;
                device.submit(new BlockRequest().writeZeroes(0, settings.sizeBytes(), 0, ended -> {
                    if (ended.error().isError()) {
                        onWrong("cannot make the export zero: " + ended.errorDetail());
                    }
                    zeroing.close(() -> { });
                }));
            }

            @Override
            public void onConnectFailed(String reason) {
                onWrong(reason);
                giveUp();
            }

            @Override
            public void onDisconnected(String reason) {
                for (int i = 0; i < settings.connections(); i++) {
                    new SoakConnection(runtime.loop(0), connector, target, model, settings.seed() * 1000 + i, settings.depth(),
                            settings.killEvery(), SoakClients.this).connect();
                }
            }
        }));
    }

    /** Waits until all clients have ended, or for so long. @return true when they have */
    public boolean awaitIdle(long milliseconds) throws InterruptedException {
        return idle.await(milliseconds, TimeUnit.MILLISECONDS);
    }

    public long done() {
        return done.get();
    }

    public long kills() {
        return kills.get();
    }

    /** What must not have happened; empty if all is well. */
    public synchronized List<String> wrong() {
        return List.copyOf(wrong);
    }

    @Override
    public boolean wantsMore() {
        return !stopped && done.get() < settings.requests();
    }

    @Override
    public void onDone(boolean write, long latencyNs) {
        done.lazySet(done.get() + 1);
        if (write) {
            synchronized (writes) {
                writes.add(latencyNs);
            }
        }
    }

    @Override
    public long pauseNs(long nowNs) {
        if (settings.requestsPerSecond() == 0) {
            return 0;
        }
        long due = Math.max(nextNs, nowNs - MAX_BURST_NS);
        nextNs = due + 1_000_000_000L / settings.requestsPerSecond();
        return Math.max(0, due - nowNs);
    }

    /** What writes have taken since the last call. */
    public LatencyHistogram takeWriteLatencies() {
        synchronized (writes) {
            return writes.takeAll();
        }
    }

    /** No more requests are begun. */
    public void finish() {
        stopped = true;
    }

    /** What every block must hold. Only when all clients have ended. */
    public SoakModel model() {
        return model;
    }

    @Override
    public void onKilled() {
        kills.lazySet(kills.get() + 1);
    }

    @Override
    public synchronized void onWrong(String what) {
        if (wrong.size() < MAX_COMPLAINTS) {
            wrong.add(what);
        }
        stopped = true;
    }

    @Override
    public void onIdle(SoakConnection connection) {
        idle.countDown();
    }

    private void onBroken(Throwable thrown) {
        onWrong("internal error of the client: " + thrown);
        giveUp();
    }

    private void giveUp() {
        while (idle.getCount() > 0) {
            idle.countDown();
        }
    }

    @Override
    public void close() {
        runtime.close();
    }
}
