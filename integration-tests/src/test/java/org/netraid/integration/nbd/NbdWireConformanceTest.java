/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The server process on real sockets, byte by byte: once over TCP, once over a unix socket. */
@Timeout(600)
class NbdWireConformanceTest {

    private static final int EPERM = 1;
    private static final int EINVAL = 22;
    private static final int ENOSPC = 28;
    private static final int READ = 0;
    private static final int WRITE = 1;
    private static final int DISC = 2;
    private static final int FLUSH = 3;
    private static final int TRIM = 4;
    private static final int ZEROES = 6;
    private static final int SIZE = (8 << 20) + 1000;

    @TempDir
    private static Path folder;
    private static ServerUnderTest tcp;
    private static ServerUnderTest unix;
    private static ServerUnderTest readOnly;

    @BeforeAll
    static void start() throws IOException {
        tcp = new ServerUnderTest(folder, image("tcp.img"), "--listen", "127.0.0.1:0", "--export", "disk one");
        unix = new ServerUnderTest(folder, image("unix.img"), "--unix", folder.resolve("s").toString(), "--export", "x/y");
        readOnly = new ServerUnderTest(folder, image("ro.img"), "--listen", "127.0.0.1:0", "--read-only");
    }

    static String image(String name) throws IOException {
        Path path = folder.resolve(name);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(SIZE);
        }
        return path.toString();
    }

    @AfterAll
    static void stop() throws Exception {
        for (ServerUnderTest server : new ServerUnderTest[] {tcp, unix, readOnly}) {
            assertThat(server.isAlive()).isTrue();
            assertThat(server.terminate()).isZero();
            assertThat(server.errors()).isEmpty();
        }
    }

    private static String uri(String transport) {
        return transport.equals("tcp") ? tcp.uri : unix.uri;
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldDropConnectionWhenClientFlagsAreUnknown(String transport) throws IOException {
        try (RawNbd nbd = new RawNbd(uri(transport)).greet(0x80 | 1)) {
            assertThat(nbd.isClosedByServer()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldPadAnswerToExportNameUnlessNegotiatedAway(String transport) throws IOException {
        String name = transport.equals("tcp") ? "disk one" : "x/y";
        for (int clientFlags : new int[] {0, 1, 3}) {
            try (RawNbd nbd = new RawNbd(uri(transport)).greet(clientFlags)) {
                nbd.send(java.nio.ByteBuffer.allocate(16 + name.length()).put("IHAVEOPT".getBytes()).putInt(1)
                        .putInt(name.length()).put(name.getBytes()).array());
                assertThat(java.nio.ByteBuffer.wrap(nbd.bytes(8)).getLong()).isEqualTo(SIZE);
                assertThat(nbd.bytes(2)[1] & 1).isEqualTo(1);
                if (clientFlags < 3) {
                    assertThat(nbd.bytes(124)).isEqualTo(new byte[124]);
                }
                assertThat(nbd.ask(READ, 0, 0, 1).error()).isZero();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldAnswerOptionsAndStayInStep(String transport) throws IOException {
        int unsup = 0x80000001;
        int invalid = 0x80000003;
        int unknown = 0x80000006;
        try (RawNbd nbd = new RawNbd(uri(transport)).greet(3)) {
            assertThat(nbd.option(0x7654321, new byte[1 << 20])).isEqualTo(unsup);
            assertThat(nbd.option(4, new byte[7])).isEqualTo(unsup);
            assertThat(nbd.option(5, new byte[0])).isEqualTo(unsup);
            assertThat(nbd.option(3, new byte[1])).isEqualTo(invalid);
            assertThat(nbd.option(3, new byte[0])).isEqualTo(1);
            assertThat(nbd.option(6, RawNbd.infoData("nosuch"))).isEqualTo(unknown);
            assertThat(nbd.option(6, new byte[] {0, 0, 0, 9, 0, 0})).isEqualTo(invalid);
            assertThat(nbd.option(8, new byte[0])).isEqualTo(1);
            assertThat(nbd.option(8, new byte[0])).isEqualTo(1);
            nbd.structured = true;
            assertThat(nbd.go()).isEqualTo(1);
            assertThat(nbd.size).isEqualTo(SIZE);
            assertThat(nbd.ask(READ, 0, SIZE - 1, 1).error()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldRefuseNamesThatAreTooLong(String transport) throws IOException {
        String tooLong = "n".repeat(4097);
        try (RawNbd nbd = new RawNbd(uri(transport)).greet(3)) {
            assertThat(nbd.option(7, RawNbd.infoData(tooLong))).isNegative();
            assertThat(nbd.option(6, RawNbd.infoData(tooLong))).isNegative();
            assertThat(nbd.option(6, RawNbd.infoData("a\0b"))).isNegative();
            nbd.send(java.nio.ByteBuffer.allocate(16 + 4097).put("IHAVEOPT".getBytes()).putInt(1).putInt(4097)
                    .put(tooLong.getBytes()).array());
            assertThat(nbd.isClosedByServer()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldAnswerBrokenInfoAndGoWithErrorsAndStayInStep(String transport) throws IOException {
        int invalid = 0x80000003;
        try (RawNbd nbd = new RawNbd(uri(transport)).greet(3)) {
            for (int option : new int[] {6, 7}) {
                for (byte[] broken : new byte[][] {{}, {0, 0, 0, 0}, {0, 0, 0, 1, 0, 0}, {-1, -1, -1, -1, 0, 0}, {0, 0, 0, 0, 0, 1},
                    {0, 0, 0, 0, -1, -1}, {0, 0, 0, 0, 0, 1, 0, 3, 0}, {0, 0, 0, 0, 0, 0, 0, 3}}) {
                    assertThat(nbd.option(option, broken)).isEqualTo(invalid);
                }
            }
            assertThat(nbd.go()).isEqualTo(1);
            assertThat(nbd.ask(READ, 0, 0, 16).error()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldAcknowledgeAbortBeforeClosing(String transport) throws IOException {
        try (RawNbd nbd = new RawNbd(uri(transport)).greet(3)) {
            assertThat(nbd.option(2, "why".getBytes())).isEqualTo(1);
            assertThat(nbd.isClosedByServer()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldDropConnectionWhenOptionMagicIsWrong(String transport) throws IOException {
        try (RawNbd nbd = new RawNbd(uri(transport)).greet(3)) {
            nbd.send("IHAVEOPX00000000".getBytes());
            assertThat(nbd.isClosedByServer()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldReadBackRandomWritesInBothReplyStyles(String transport) throws IOException {
        Random random = new Random(42);
        byte[] mirror = new byte[1 << 20];
        for (boolean structured : new boolean[] {false, true}) {
            try (RawNbd nbd = RawNbd.connect(uri(transport), structured)) {
                random.nextBytes(mirror);
                assertThat(nbd.ask(WRITE, 0, 0, mirror.length, mirror).error()).isZero();
                for (int i = 0; i < 50; i++) {
                    byte[] data = new byte[1 + random.nextInt(6000)];
                    int offset = random.nextInt(mirror.length - data.length);
                    random.nextBytes(data);
                    System.arraycopy(data, 0, mirror, offset, data.length);
                    assertThat(nbd.ask(WRITE, i % 2, offset, data.length, data).error()).isZero();
                }
                assertThat(nbd.ask(ZEROES, 2, 100, 5000).error()).isZero();
                java.util.Arrays.fill(mirror, 100, 5100, (byte) 0);
                assertThat(nbd.ask(FLUSH, 0, 0, 0).error()).isZero();
                assertThat(nbd.ask(READ, 0, 0, mirror.length).data()).isEqualTo(mirror);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldRefuseBadRequestsAndStayInStep(String transport) throws IOException {
        for (boolean structured : new boolean[] {false, true}) {
            try (RawNbd nbd = RawNbd.connect(uri(transport), structured)) {
                for (long offset : new long[] {SIZE, SIZE - 100, 1L << 63, -512, -1, Long.MAX_VALUE}) {
                    assertThat(nbd.ask(READ, 0, offset, 512).error()).isEqualTo(EINVAL);
                    assertThat(nbd.ask(TRIM, 0, offset, 512).error()).isEqualTo(EINVAL);
                    assertThat(nbd.ask(ZEROES, 0, offset, 512).error()).isEqualTo(ENOSPC);
                    assertThat(nbd.ask(WRITE, 0, offset, 512, new byte[512]).error()).isEqualTo(ENOSPC);
                }
                assertThat(nbd.ask(99, 0, 0, 512).error()).isEqualTo(EINVAL);
                assertThat(nbd.ask(7, 0, 0, 512).error()).isEqualTo(EINVAL);
                assertThat(nbd.ask(READ, 1 << 14, 0, 512).error()).isEqualTo(EINVAL);
                assertThat(nbd.ask(WRITE, 1 << 9, 0, 512, new byte[512]).error()).isEqualTo(EINVAL);
                for (int command : new int[] {READ, WRITE, TRIM, ZEROES, 5}) {
                    assertThat(nbd.ask(command, 1, 0, 0).error()).isZero();
                }
                assertThat(nbd.ask(READ, 0, 0, 512).error()).isZero();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldRefuseModificationWhenExportIsReadOnly(boolean structured) throws IOException {
        try (RawNbd nbd = RawNbd.connect(readOnly.uri, structured)) {
            assertThat(nbd.flags & 2).isEqualTo(2);
            assertThat(nbd.ask(WRITE, 0, 0, 4096, new byte[4096]).error()).isEqualTo(EPERM);
            assertThat(nbd.ask(TRIM, 0, 0, 4096).error()).isEqualTo(EPERM);
            assertThat(nbd.ask(ZEROES, 0, 0, 4096).error()).isEqualTo(EPERM);
            assertThat(nbd.ask(READ, 0, 0, 4096).error()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldCarryOutOutstandingWritesBeforeClosingWhenDisconnected(String transport) throws IOException {
        byte[] data = new byte[64 << 10];
        new Random(3).nextBytes(data);
        try (RawNbd nbd = RawNbd.connect(uri(transport), false)) {
            for (int i = 0; i < 32; i++) {
                nbd.request(WRITE, 0, i, (long) i * data.length, data.length, data);
            }
            nbd.request(DISC, 0, 0, 0, 0);
            assertThat(nbd.bytes(32 * 16)).hasSize(512);
            assertThatThrownBy(() -> nbd.bytes(1)).isInstanceOf(EOFException.class);
        }
        try (RawNbd nbd = RawNbd.connect(uri(transport), false)) {
            for (int i = 0; i < 32; i++) {
                assertThat(nbd.ask(READ, 0, (long) i * data.length, data.length).data()).isEqualTo(data);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldApplyNothingOfAWriteThatWasCutInTheMiddle(String transport) throws IOException {
        byte[] before = new byte[4096];
        java.util.Arrays.fill(before, (byte) 0xaa);
        try (RawNbd nbd = RawNbd.connect(uri(transport), false)) {
            assertThat(nbd.ask(WRITE, 0, 0, 4096, before).error()).isZero();
            nbd.request(WRITE, 0, 2, 0, 4096, new byte[3000]);
        }
        try (RawNbd nbd = RawNbd.connect(uri(transport), false)) {
            for (int i = 0; i < 20; i++) {
                assertThat(nbd.ask(READ, 0, 0, 4096).data()).isEqualTo(before);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldServeOthersWhenAClientDoesNotReadItsReplies(String transport) throws IOException {
        try (RawNbd stalled = RawNbd.connect(uri(transport), false); RawNbd other = RawNbd.connect(uri(transport), true)) {
            // more than the server buffers for one client, few enough headers for the socket to hold those it does not read
            for (int i = 0; i < 100; i++) {
                stalled.request(READ, 0, i, 0, 1 << 20);
            }
            for (int i = 0; i < 50; i++) {
                assertThat(other.ask(READ, 0, i, 4096).error()).isZero();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldDropConnectionWhenRequestMagicIsWrong(String transport) throws IOException {
        try (RawNbd nbd = RawNbd.connect(uri(transport), false)) {
            nbd.send(new byte[28]);
            assertThat(nbd.isClosedByServer()).isTrue();
        }
    }
}
