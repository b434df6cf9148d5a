/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.block.BlockRequest;
import org.netraid.block.ExtentList;
import org.netraid.link.LinkAddress;
import org.netraid.link.io.NettyLinkOptions;
import org.netraid.link.io.NettyRuntime;
import org.netraid.nbd.client.NbdClientConfig;
import org.netraid.nbd.client.NbdClientDevice;
import org.netraid.nbd.client.NbdConnectionListener;
import org.netraid.nbd.client.NbdConnector;
import org.netraid.nbd.client.NbdTarget;
import org.netraid.nbd.wire.NbdUri;

/** Our client on real sockets against a server whose words are spoilt on the way: every attempt and every request ends exactly once. */
@Tag("slow")
@Timeout(600)
class ClientFuzzTest {

    private static final int ROUNDS = Integer.getInteger("netraid.fuzz.rounds", 120);
    private static final int REQUESTS = 24;
    private static final int SIZE = 4 << 20;
    private static final long TIMEOUT_NS = 400_000_000L;

    @TempDir
    private Path folder;

    private final AtomicReference<Throwable> broken = new AtomicReference<>();

    @Test
    void shouldEndEveryRequestOnceWhenTheServersWordsAreSpoilt() throws Exception {
        Path image = folder.resolve("disk.img");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(SIZE);
        }
        int connected = 0;
        int finished = 0;
        try (ServerUnderTest server = new ServerUnderTest(folder, "disk=" + image, "--listen", "127.0.0.1:0");
                SpoilingProxy proxy = new SpoilingProxy(NbdUri.parse(server.uri).address().port(), 5);
                NettyRuntime runtime = new NettyRuntime("fuzz", 1, broken::set)) {
            NbdClientConfig config = NbdClientConfig.defaults().withHoles(true).withConnectTimeoutNs(5_000_000_000L)
                    .withHandshakeTimeoutNs(TIMEOUT_NS).withRequestTimeoutNs(TIMEOUT_NS);
            NbdConnector connector = new NbdConnector(runtime.links(0, NettyLinkOptions.DEFAULT), runtime.loop(0), config);
            Random random = new Random(6);
            for (int i = 0; i < ROUNDS; i++) {
                Round round = new Round(random.nextLong());
                runtime.loop(0).execute(() -> connector.connect(new NbdTarget(LinkAddress.tcp("127.0.0.1", proxy.port()), "disk"), round));
                Awaitility.await("round " + i).atMost(90, TimeUnit.SECONDS).until(() -> broken.get() != null || round.isOver());
                assertThat(broken.get()).as("round " + i).isNull();
                round.assertOnce();
                connected += round.outcomes.get() > 1 ? 1 : 0;
                finished += round.completions.get();
            }
            assertThat(server.isAlive()).isTrue();
        }
        assertThat(connected).as("rounds that got through the handshake").isBetween(ROUNDS / 10, ROUNDS);
        assertThat(finished).isEqualTo(connected * REQUESTS);
    }

    /** One connection with its requests. */
    private static final class Round implements NbdConnectionListener {
        private final Random random;
        private final AtomicInteger outcomes = new AtomicInteger();
        private final AtomicInteger completions = new AtomicInteger();
        private final int[] each = new int[REQUESTS];
        private volatile boolean over;

        Round(long seed) {
            random = new Random(seed);
        }

        @Override
        public void onConnected(NbdClientDevice device) {
            outcomes.incrementAndGet();
            for (int i = 0; i < REQUESTS; i++) {
                int index = i;
                device.submit(request(index, device));
            }
        }

        private BlockRequest request(int index, NbdClientDevice device) {
            BlockRequest request = new BlockRequest();
            long offset = random.nextInt(Math.max(1, (int) Math.min(SIZE, device.geometry().sizeBytes()) - 20_000));
            int length = 1 + random.nextInt(16_000);
            return switch (random.nextInt(5)) {
                case 0 -> request.write(offset, ByteBuffer.allocateDirect(length), 0, ended -> done(index, device));
                case 1 -> request.flush(ended -> done(index, device));
                case 2 -> request.extents(offset, length, 0, new ExtentList(8), ended -> done(index, device));
                default -> request.read(offset, ByteBuffer.allocateDirect(length), ended -> done(index, device));
            };
        }

        private void done(int index, NbdClientDevice device) {
            each[index]++;
            if (completions.incrementAndGet() == REQUESTS) {
                device.close(() -> { });
            }
        }

        @Override
        public void onConnectFailed(String reason) {
            outcomes.incrementAndGet();
            over = true;
        }

        @Override
        public void onDisconnected(String reason) {
            outcomes.incrementAndGet();
            over = true;
        }

        boolean isOver() {
            return over;
        }

        void assertOnce() {
            if (outcomes.get() == 1) {
                assertThat(completions.get()).isZero();
            } else {
                assertThat(outcomes.get()).isEqualTo(2);
                assertThat(each).containsOnly(1);
            }
        }
    }
}
