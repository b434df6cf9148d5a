/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Limits of the server process on real sockets: many clients, slow ones, mute ones, half-closed ones. */
@Tag("slow")
@Timeout(600)
class ServerProcessLimitsTest {

    private static final int READ = 0;
    private static final int WRITE = 1;
    private static final int MANY = 10_000;

    @TempDir
    private Path folder;

    private String image() throws IOException {
        Path path = folder.resolve("disk.img");
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(8 << 20);
        }
        return path.toString();
    }

    private ServerUnderTest start(String... options) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(image(), "--listen", "127.0.0.1:0"));
        arguments.addAll(List.of(options));
        return new ServerUnderTest(folder, arguments.toArray(new String[0]));
    }

    @Test
    void shouldServeTenThousandClientsAtOnceAndForgetThem() throws Exception {
        long limit = ProcessGauge.descriptorLimit();
        if (limit < MANY + 500) {
            System.err.println("SKIPPED: ten thousand clients need ulimit -n of " + (MANY + 500) + ", here it is " + limit);
            assumeTrue(false, "ulimit -n " + limit);
        }
        ArrayDeque<RawNbd> clients = new ArrayDeque<>();
        try (ServerUnderTest server = start("--max-connections", "" + MANY)) {
            int before = server.gauge().descriptors();
            for (int i = 0; i < MANY; i++) {
                clients.add(RawNbd.connect(server.uri, false));
            }
            assertThat(server.gauge().descriptors()).isGreaterThanOrEqualTo(before + MANY);
            assertThat(server.gauge().threads()).as("no thread per client").isLessThan(60);
            try (RawNbd oneTooMany = new RawNbd(server.uri)) {
                assertThat(oneTooMany.isClosedByServer()).isTrue();
            }
            for (RawNbd client : clients) {
                client.request(READ, 0, 1, 0, 4096);
            }
            for (RawNbd client : clients) {
                assertThat(client.bytes(16 + 4096)).hasSize(16 + 4096);
            }
            assertThat(server.gauge().residentBytes()).isLessThan(900L << 20);
            while (!clients.isEmpty()) {
                clients.poll().close();
            }
            Awaitility.await().atMost(90, TimeUnit.SECONDS).until(() -> server.gauge().descriptors() <= before + 1);
            RawNbd.connect(server.uri, true).close();
            assertThat(server.terminate()).isZero();
        } finally {
            for (RawNbd client : clients) {
                client.close();
            }
        }
    }

    @Test
    void shouldRefuseMoreClientsOfOneAddressThanAllowed() throws Exception {
        try (ServerUnderTest server = start("--max-per-address", "2"); RawNbd one = RawNbd.connect(server.uri, false);
                RawNbd two = RawNbd.connect(server.uri, false); RawNbd three = new RawNbd(server.uri)) {
            assertThat(three.isClosedByServer()).isTrue();
            assertThat(one.ask(READ, 0, 0, 1).error()).isZero();
            assertThat(two.ask(READ, 0, 0, 1).error()).isZero();
            assertThat(server.errors()).contains("already 2 connections from 127.0.0.1");
        }
    }

    @Test
    void shouldCutHandshakesThatNeverEndAndServeTheOthers() throws Exception {
        try (ServerUnderTest server = start("--handshake-timeout", "2")) {
            List<RawNbd> lorises = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                RawNbd loris = new RawNbd(server.uri).greet(3);
                // announces the longest option that is read, and goes on byte by byte
                loris.send(ByteBuffer.allocate(17).put("IHAVEOPT".getBytes()).putInt(7).putInt(256 << 10).array());
                lorises.add(loris);
            }
            try (RawNbd good = RawNbd.connect(server.uri, true)) {
                long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
                int alive = lorises.size();
                while (alive > 0 && System.nanoTime() < end) {
                    alive = 0;
                    for (RawNbd loris : lorises) {
                        alive += trickle(loris) ? 1 : 0;
                    }
                    assertThat(good.ask(READ, 0, 0, 4096).error()).isZero();
                }
                assertThat(alive).as("handshakes that outlived the timeout").isZero();
            }
            for (RawNbd loris : lorises) {
                loris.close();
            }
        }
    }

    private static boolean trickle(RawNbd loris) {
        try {
            loris.send(new byte[1]);
            return true;
        } catch (IOException cut) {
            return false;
        }
    }

    @Test
    void shouldDisconnectIdleClientsOnlyWhenAsked() throws Exception {
        try (ServerUnderTest server = start("--idle-timeout", "1"); RawNbd idle = RawNbd.connect(server.uri, false)) {
            assertThat(idle.isClosedByServer()).isTrue();
        }
    }

    @Test
    void shouldFinishWholeWritesAndFreeTheSocketOfAHalfClosedClient() throws Exception {
        try (ServerUnderTest server = start()) {
            int before = server.gauge().descriptors();
            byte[] data = new byte[4096];
            java.util.Arrays.fill(data, (byte) 7);
            for (int i = 0; i < 20; i++) {
                try (RawNbd half = RawNbd.connect(server.uri, false)) {
                    half.request(WRITE, 0, 1, 4096L * i, 4096, data);
                    half.request(WRITE, 0, 2, 1 << 20, 4096, new byte[2000]);
                    half.shutdownOutput();
                    assertThat(half.isClosedByServer()).isTrue();
                }
            }
            try (RawNbd check = RawNbd.connect(server.uri, false)) {
                for (int i = 0; i < 20; i++) {
                    assertThat(check.ask(READ, 0, 4096L * i, 4096).data()).isEqualTo(data);
                }
                assertThat(check.ask(READ, 0, 1 << 20, 4096).data()).as("half a write").isEqualTo(new byte[4096]);
            }
            Awaitility.await().atMost(90, TimeUnit.SECONDS).until(() -> server.gauge().descriptors() <= before + 1);
        }
    }

    @Test
    void shouldServeOthersWhileManyClientsNeverReadTheirReplies() throws Exception {
        try (ServerUnderTest server = start()) {
            List<RawNbd> deaf = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                RawNbd client = RawNbd.connect(server.uri, false);
                for (int j = 0; j < 40; j++) {
                    client.request(READ, 0, j, 0, 4 << 20);
                }
                deaf.add(client);
            }
            try (RawNbd good = RawNbd.connect(server.uri, true)) {
                for (int i = 0; i < 200; i++) {
                    assertThat(good.ask(READ, 0, i * 4096L, 4096).error()).isZero();
                }
            }
            assertThat(server.gauge().residentBytes()).as("800 replies of 4 MiB are not in memory").isLessThan(900L << 20);
            for (RawNbd client : deaf) {
                client.close();
            }
        }
    }
}
