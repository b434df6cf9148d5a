/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.link.LinkAddress;
import org.netraid.nbd.wire.NbdUri;

/**
 * Thousands of spoilt sessions on real sockets against the server process: it lives, serves others, gives everything back, and carries out
 * no write that arrived in part. More: {@code -Dnetraid.fuzz.sessions=N}.
 */
@Tag("slow")
@Timeout(300)
class ServerProcessFuzzTest {

    private static final int SESSIONS = Integer.getInteger("netraid.fuzz.sessions", 3000);
    private static final int SIZE = 4 << 20;
    private static final long MAX_GROWTH_BYTES = 128L << 20;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldSurviveSpoiltSessionsAndApplyNoHalfWrite(String transport) throws Exception {
        byte[] sentinel = new byte[SIZE];
        Arrays.fill(sentinel, (byte) 0x5a);
        Path guarded = Files.write(folder.resolve("sentinel.img"), sentinel);
        Path scratch = Files.write(folder.resolve("scratch.img"), new byte[SIZE]);
        String[] where = transport.equals("tcp") ? new String[] {"--listen", "127.0.0.1:0"}
                : new String[] {"--unix", folder.resolve("s").toString()};
        try (ServerUnderTest server = new ServerUnderTest(folder, "scratch=" + scratch, "sentinel=" + guarded, where[0], where[1])) {
            LinkAddress address = NbdUri.parse(server.uri).address();
            Random random = new Random(transport.hashCode());
            Mutator mutator = new Mutator(random);
            RawNbd.connect(server.uri, true).close();
            int descriptors = server.gauge().descriptors();
            long early = 0;
            try (RawNbd good = RawNbd.connect(server.uri, true)) {
                for (int i = 0; i < SESSIONS; i++) {
                    byte[] bytes = switch (random.nextInt(8)) {
                        case 0 -> mutator.noise(random.nextInt(4000));
                        case 1, 2 -> halfWrite(random);
                        default -> mutator.spoil(session(random, "scratch"));
                    };
                    play(address, bytes, random);
                    if (i % 100 == 0) {
                        assertThat(good.ask(0, 0, 0, 16).error()).as("session " + i).isZero();
                    }
                    if (i == SESSIONS / 4) {
                        early = server.gauge().residentBytes();
                    }
                }
            }
            Awaitility.await("sockets of dead sessions are closed").atMost(90, TimeUnit.SECONDS)
                    .until(() -> server.gauge().descriptors() <= descriptors);
            assertThat(server.gauge().residentBytes() - early).as("growth of resident memory").isLessThan(MAX_GROWTH_BYTES);
            assertThat(server.terminate()).as("0: all payload memory was given back; " + server.errors()).isZero();
            assertThat(server.errors()).doesNotContain("internal error").doesNotContain("LEAK");
        }
        assertThat(Files.readAllBytes(guarded)).as("half a write").isEqualTo(sentinel);
    }

    /** Sends it, reads what comes meanwhile, and is gone: in order, or with what is unread. Never waits. */
    private static void play(LinkAddress address, byte[] bytes, Random random) throws IOException {
        try (SocketChannel channel = address.isUnix() ? SocketChannel.open(StandardProtocolFamily.UNIX) : SocketChannel.open()) {
            channel.connect(address.isUnix() ? UnixDomainSocketAddress.of(address.socketPath())
                    : new InetSocketAddress(address.host(), address.port()));
            channel.configureBlocking(false);
            ByteBuffer out = ByteBuffer.wrap(bytes);
            ByteBuffer in = ByteBuffer.allocate(64 << 10);
            int piece = random.nextInt(3) == 0 ? 1 + random.nextInt(50) : bytes.length;
            boolean reads = random.nextBoolean();
            for (int turn = 0; turn < 200 && out.hasRemaining(); turn++) {
                out.limit(Math.min(bytes.length, out.position() + piece));
                channel.write(out);
                out.limit(bytes.length);
                if (reads && channel.read(in.clear()) < 0) {
                    return;
                }
            }
            if (random.nextBoolean()) {
                channel.shutdownOutput();
                channel.read(in.clear());
            }
        } catch (IOException cutByServer) {
            // what a spoilt session has earned
            assertThat(cutByServer).hasMessageMatching("(?i).*(broken pipe|reset|refused|aborted).*");
        }
    }

    private static void option(ByteArrayOutputStream out, int option, byte[] data) {
        out.writeBytes("IHAVEOPT".getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(ByteBuffer.allocate(8).putInt(option).putInt(data.length).array());
        out.writeBytes(data);
    }

    private static void request(ByteArrayOutputStream out, int type, int flags, long offset, int length, byte[] payload) {
        out.writeBytes(ByteBuffer.allocate(28).putInt(0x25609513).putShort((short) flags).putShort((short) type).putLong(7)
                .putLong(offset).putInt(length).array());
        out.writeBytes(payload);
    }

    /** A session as a good client has it. */
    private static byte[] session(Random random, String export) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {0, 0, 0, 3});
        if (random.nextBoolean()) {
            option(out, random.nextBoolean() ? 8 : 11, new byte[0]);
            byte[] context = "base:allocation".getBytes(StandardCharsets.US_ASCII);
            option(out, 9 + random.nextInt(2), ByteBuffer.allocate(8 + export.length() + 4 + context.length).putInt(export.length())
                    .put(export.getBytes(StandardCharsets.US_ASCII)).putInt(1).putInt(context.length).put(context).array());
        }
        option(out, 3, new byte[0]);
        option(out, 7, RawNbd.infoData(export));
        for (int i = random.nextInt(12); i > 0; i--) {
            int length = 1 + random.nextInt(9000);
            int type = random.nextInt(8);
            request(out, type == 2 ? 0 : type, random.nextInt(3) == 0 ? 1 : 0, random.nextInt(SIZE - length), length,
                    type == 1 ? new byte[length] : new byte[0]);
        }
        return out.toByteArray();
    }

    /** A good session with a write that stops in the middle of its payload. */
    private static byte[] halfWrite(Random random) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {0, 0, 0, 3});
        option(out, 7, RawNbd.infoData("sentinel"));
        int length = 2 + random.nextInt(1 << random.nextInt(18));
        request(out, 1, 0, random.nextInt(SIZE - length), length, new byte[random.nextInt(length)]);
        return out.toByteArray();
    }
}
