/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.block.ExtentList;
import org.netraid.nbd.client.NbdClientConfig;
import org.netraid.nbd.client.cli.NbdClientMain;

/** Our client against nbdkit, qemu-nbd and nbd-server. */
@Tag("slow")
class ForeignServerTest {

    private static final int SIZE = 8 << 20;

    @TempDir
    private Path folder;

    private Path disk() throws IOException {
        Path file = folder.resolve("disk.img");
        try (RandomAccessFile created = new RandomAccessFile(file.toFile(), "rw")) {
            created.setLength(SIZE);
        }
        return file;
    }

    private ForeignServer start(String kind, boolean unix, Path file) throws IOException {
        return switch (kind) {
            case "nbdkit" -> ForeignServer.nbdkit(folder, unix, "file", file.toString());
            case "nbdkit-simple" -> ForeignServer.nbdkit(folder, unix, "--no-sr", "file", file.toString());
            case "nbdkit-blocks" -> ForeignServer.nbdkit(folder, unix, "--filter=blocksize-policy", "file", file.toString(),
                    "blocksize-minimum=4096", "blocksize-preferred=64K", "blocksize-maximum=128K", "blocksize-error-policy=error");
            case "nbdkit-nozero" -> ForeignServer.nbdkit(folder, unix, "--filter=nozero", "file", file.toString());
            case "qemu-nbd" -> ForeignServer.qemuNbd(folder, unix, file);
            case "nbd-server" -> ForeignServer.nbdServer(folder, unix, file);
            default -> throw new IllegalArgumentException(kind);
        };
    }

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    @ParameterizedTest
    @CsvSource({
        "nbdkit, true", "nbdkit, false",
        "nbdkit-simple, true", "nbdkit-simple, false",
        "nbdkit-blocks, true", "nbdkit-nozero, true",
        "qemu-nbd, true", "qemu-nbd, false",
        "nbd-server, true", "nbd-server, false",
    })
    void shouldReadWriteZeroTrimAndFlush(String kind, boolean unix) throws Exception {
        Path file = disk();
        byte[] model = new byte[SIZE];
        try (ForeignServer server = start(kind, unix, file)) {
            try (RealClient client = RealClient.connect(server)) {
                assertThat(client.device().geometry().sizeBytes()).isEqualTo(SIZE);
                randomCommands(client, model, new Random(kind.hashCode()));
                client.flush();
                assertThat(sha256(client.read(0, SIZE))).isEqualTo(sha256(model));
                if (client.device().can(BlockCapability.TRIM)) {
                    client.must(done -> new BlockRequest().trim(1 << 20, 1 << 20, 0, done));
                    client.flush();
                }
            }
            try (RealClient again = RealClient.connect(server)) {
                assertThat(sha256(again.read(0, 1 << 20))).isEqualTo(sha256(Arrays.copyOf(model, 1 << 20)));
            }
        }
        byte[] onDisk = Files.readAllBytes(file);
        Arrays.fill(onDisk, 1 << 20, 2 << 20, (byte) 0);
        Arrays.fill(model, 1 << 20, 2 << 20, (byte) 0);
        assertThat(sha256(onDisk)).isEqualTo(sha256(model));
    }

    private static void randomCommands(RealClient client, byte[] model, Random random) {
        for (int i = 0; i < 120; i++) {
            int length = 1 + random.nextInt(random.nextBoolean() ? 5000 : 500_000);
            int offset = random.nextInt(SIZE - length);
            if (random.nextBoolean()) {
                offset &= -512;
                length = Math.max(512, length & -512);
            }
            int at = offset;
            int bytes = length;
            switch (random.nextInt(4)) {
                case 0 -> assertThat(client.read(at, bytes)).isEqualTo(Arrays.copyOfRange(model, at, at + bytes));
                case 1 -> {
                    client.must(done -> new BlockRequest().writeZeroes(at, bytes, 0, done));
                    Arrays.fill(model, at, at + bytes, (byte) 0);
                }
                default -> {
                    byte[] data = new byte[bytes];
                    random.nextBytes(data);
                    boolean fua = random.nextInt(10) == 0 && client.device().can(BlockCapability.FUA);
                    client.write(at, data, fua ? BlockRequest.FUA : 0);
                    System.arraycopy(data, 0, model, at, bytes);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"nbdkit", "qemu-nbd", "nbd-server"})
    void shouldZeroAllOfALongRange(String kind) throws Exception {
        Path file = folder.resolve("long.img");
        byte[] ones = new byte[200 << 20];
        Arrays.fill(ones, (byte) 1);
        Files.write(file, ones);
        try (ForeignServer server = start(kind, true, file); RealClient client = RealClient.connect(server)) {
            client.must(done -> new BlockRequest().writeZeroes(512, (200 << 20) - 1024, 0, done));
            client.flush();
        }
        byte[] onDisk = Files.readAllBytes(file);
        Arrays.fill(onDisk, 0, 512, (byte) 0);
        Arrays.fill(onDisk, (200 << 20) - 512, 200 << 20, (byte) 0);
        assertThat(sha256(onDisk)).isEqualTo(sha256(new byte[200 << 20]));
    }

    @ParameterizedTest
    @CsvSource({"nbdkit, true", "nbdkit, false", "qemu-nbd, true", "qemu-nbd, false", "nbd-server, true", "nbd-server, false"})
    void shouldCopyThereAndBackByCommand(String kind, boolean unix) throws Exception {
        Path file = disk();
        byte[] content = new byte[SIZE];
        new Random(5).nextBytes(content);
        Arrays.fill(content, 2 << 20, 3 << 20, (byte) 0);
        Path original = Files.write(folder.resolve("original.img"), content);
        Path back = folder.resolve("back.img");
        try (ForeignServer server = start(kind, unix, file)) {
            RealClient.connect(server).close();
            assertThat(NbdClientMain.run("copy", original.toString(), server.uri(), "-z")).isZero();
            assertThat(NbdClientMain.run("compare", original.toString(), server.uri())).isZero();
            assertThat(NbdClientMain.run("copy", server.uri(), back.toString())).isZero();
            assertThat(NbdClientMain.run("info", server.uri())).isZero();
            assertThat(NbdClientMain.run("list", server.uri())).isZero();
        }
        assertThat(sha256(Files.readAllBytes(file))).isEqualTo(sha256(content));
        assertThat(sha256(Files.readAllBytes(back))).isEqualTo(sha256(content));
    }

    /** {@code info} and {@code --compress} ask for all our extensions. */
    @ParameterizedTest
    @CsvSource({"nbdkit, true", "nbdkit-simple, true", "qemu-nbd, false", "nbd-server, false"})
    void shouldLeaveForeignServersUnharmedWhenEveryExtensionIsAskedFor(String kind, boolean unix) throws Exception {
        Path file = disk();
        byte[] content = new byte[SIZE];
        new Random(8).nextBytes(content);
        Arrays.fill(content, 2 << 20, 4 << 20, (byte) 0);
        Arrays.fill(content, 4 << 20, 5 << 20, (byte) 'x');
        Path original = Files.write(folder.resolve("original.img"), content);
        try (ForeignServer server = start(kind, unix, file)) {
            RealClient.connect(server).close();
            assertThat(NbdClientMain.run("info", server.uri())).isZero();
            assertThat(NbdClientMain.run("copy", "--compress=fast", original.toString(), server.uri())).isZero();
            assertThat(NbdClientMain.run("compare", original.toString(), server.uri())).isZero();
        }
        assertThat(sha256(Files.readAllBytes(file))).isEqualTo(sha256(content));
    }

    @ParameterizedTest
    @CsvSource({"nbdkit, true", "qemu-nbd, false", "nbdkit-blocks, true"})
    void shouldSeeTheHolesOfOtherServers(String kind, boolean unix) throws Exception {
        Path file = disk();
        byte[] data = new byte[65536];
        new Random(6).nextBytes(data);
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.seek(1 << 20);
            sparse.write(data);
        }
        Path back = folder.resolve("back.img");
        try (ForeignServer server = start(kind, unix, file); RealClient client = RealClient.connect(server)) {
            ExtentList list = new ExtentList(100);
            client.must(done -> new BlockRequest().extents(4097, SIZE - 4097, 0, list, done));
            assertThat(list).hasToString("1044479:3 65536:0 7274496:3");
            client.must(done -> new BlockRequest().extents((1 << 20) + 1, SIZE / 2, BlockRequest.ONE_EXTENT, list, done));
            assertThat(list).hasToString("65535:0");
            assertThat(NbdClientMain.run("map", server.uri())).isZero();
            assertThat(NbdClientMain.run("map", "--json", server.uri())).isZero();
            assertThat(NbdClientMain.run("copy", server.uri(), back.toString())).isZero();
        }
        assertThat(Files.mismatch(file, back)).isEqualTo(-1);
    }

    @Test
    void shouldSayThatAServerDoesNotTellItsHoles() throws Exception {
        try (ForeignServer server = start("nbd-server", true, disk()); RealClient client = RealClient.connect(server)) {
            assertThat(client.device().can(BlockCapability.EXTENTS)).isFalse();
            assertThat(NbdClientMain.run("map", server.uri())).isEqualTo(1);
        }
    }

    @Test
    void shouldReachBytesBeyondFourGiB() throws Exception {
        try (ForeignServer server = ForeignServer.nbdkit(folder, true, "memory", "6G"); RealClient client = RealClient.connect(server)) {
            byte[] data = "beyond 32 bits".getBytes(java.nio.charset.StandardCharsets.UTF_8);
            client.write(5L << 30, data, 0);
            assertThat(client.read(5L << 30, data.length)).isEqualTo(data);
            assertThat(client.read(1L << 30, data.length)).containsOnly(0);
            client.must(done -> new BlockRequest().writeZeroes(0, 6L << 30, 0, done));
            assertThat(client.read(5L << 30, data.length)).containsOnly(0);
        }
    }

    @Test
    void shouldReportErrorsOfTheServer() throws Exception {
        try (ForeignServer server = ForeignServer.nbdkit(folder, true, "--filter=error", "memory", "8M",
                "error-pwrite=ENOSPC", "error-pwrite-rate=100%"); RealClient client = RealClient.connect(server)) {
            BlockRequest failed = client.run(done -> new BlockRequest().write(4096, ByteBuffer.allocate(4096), 0, done));
            assertThat(failed.error()).isEqualTo(BlockError.ENOSPC);
            assertThat(failed.errorDetail()).contains("WRITE of 4096 bytes at 4096").contains("ENOSPC");
            assertThat(client.read(0, 4096)).containsOnly(0);
        }
    }

    @Test
    void shouldGiveUpAServerThatDoesNotAnswer() throws Exception {
        NbdClientConfig config = NbdClientConfig.defaults().withRequestTimeoutNs(TimeUnit.MILLISECONDS.toNanos(500));
        try (ForeignServer server = ForeignServer.nbdkit(folder, true, "--filter=delay", "memory", "8M", "delay-read=20");
                RealClient client = RealClient.connect(server, config)) {
            client.write(0, new byte[4096], 0);
            BlockRequest failed = client.run(done -> new BlockRequest().read(0, ByteBuffer.allocate(4096), done));
            assertThat(failed.error()).isEqualTo(BlockError.EIO);
            assertThat(failed.errorDetail()).contains("no answer to READ of 4096 bytes at 0");
            assertThat(client.awaitDisconnect()).contains("no answer");
            server.kill();
        }
    }

    @Test
    void shouldHonourReadOnly() throws Exception {
        try (ForeignServer server = ForeignServer.nbdkit(folder, true, "-r", "memory", "8M");
                RealClient client = RealClient.connect(server)) {
            assertThat(client.device().capabilities()).contains(BlockCapability.READ_ONLY);
            BlockRequest failed = client.run(done -> new BlockRequest().write(0, ByteBuffer.allocate(512), 0, done));
            assertThat(failed.error()).isEqualTo(BlockError.EPERM);
            assertThat(client.read(0, 512)).containsOnly(0);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldFailWhatIsInFlightWhenTheServerIsKilled(boolean unix) throws Exception {
        try (ForeignServer server = ForeignServer.nbdkit(folder, unix, "--filter=delay", "memory", "8M", "delay-write=30");
                RealClient client = RealClient.connect(server)) {
            CompletableFuture<BlockError> write = new CompletableFuture<>();
            client.submit(new BlockRequest().write(0, ByteBuffer.allocateDirect(1 << 20), 0, ended -> write.complete(ended.error())));
            client.read(0, 512);
            server.kill();
            assertThat(write.get(10, TimeUnit.SECONDS)).isEqualTo(BlockError.EIO);
            assertThat(client.awaitDisconnect()).contains("connection lost");
            BlockRequest late = client.run(done -> new BlockRequest().flush(done));
            assertThat(late.error()).isEqualTo(BlockError.EIO);
        }
    }

    @Test
    void shouldSayThatAnExportDoesNotExist() throws Exception {
        try (ForeignServer server = start("qemu-nbd", true, disk())) {
            RealClient.connect(server).close();
            try (RealClient other = new RealClient(NbdClientConfig.defaults())) {
                assertThat(other.tryOpen(server.uri().replace("/disk?", "/nothing?"))).contains("no export named 'nothing'");
            }
        }
    }
}
