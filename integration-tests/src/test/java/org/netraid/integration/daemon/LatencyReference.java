/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.netraid.block.BlockRequest;
import org.netraid.integration.nbd.ForeignServer;
import org.netraid.integration.nbd.RealClient;
import org.netraid.integration.soak.LatencyHistogram;
import org.netraid.nbd.client.NbdClientConfig;

/** Writes to an nbdkit in memory now and then: tells how busy the machine is, beside which the mirror's latency is to be read. */
final class LatencyReference implements AutoCloseable {

    private static final long PERIOD_MS = 10;
    private static final int BLOCK_BYTES = 4096;

    private final ForeignServer server;
    private final RealClient client = new RealClient(NbdClientConfig.defaults().withRequestTimeoutNs(120_000_000_000L));
    private final LatencyHistogram writes = new LatencyHistogram();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread thread = new Thread(this::run, "latency-reference");

    LatencyReference(Path folder) throws IOException {
        server = ForeignServer.nbdkit(Files.createDirectory(folder.resolve("reference")), true, "memory", "1M");
        long endNs = System.nanoTime() + 60_000_000_000L;
        String failure = client.tryOpen(server.uri());
        while (!failure.isEmpty()) {
            if (System.nanoTime() > endNs) {
                throw new IOException("nbdkit does not start: " + failure + "; " + server.log());
            }
            Thread.onSpinWait();
            failure = client.tryOpen(server.uri());
        }
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        byte[] data = new byte[BLOCK_BYTES];
        try {
            do {
                long startNs = System.nanoTime();
                BlockRequest done = client.run(completion -> new BlockRequest().write(0, java.nio.ByteBuffer.wrap(data), 0, completion));
                if (!done.error().isError()) {
                    synchronized (writes) {
                        writes.add(System.nanoTime() - startNs);
                    }
                }
            } while (!ended.await(PERIOD_MS, TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What its writes have taken since the last call. */
    LatencyHistogram take() {
        synchronized (writes) {
            return writes.takeAll();
        }
    }

    @Override
    public void close() {
        ended.countDown();
        try {
            thread.join(60_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        client.close();
        server.close();
    }
}
