/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.nbd.client.cli.NbdClientMain;

/** Our client against nbdkit with filters that make it fail, slow, choosy about blocks, or gone. */
@Tag("slow")
@Timeout(600)
class ForeignServerFaultTest {

    private static final int SIZE = 4 << 20;

    @TempDir
    private Path folder;

    private byte[] noise(int length) {
        byte[] noise = new byte[length];
        new Random(length).nextBytes(noise);
        return noise;
    }

    @Test
    void shouldReportEveryFailureAndKeepWhatSucceeded() throws Exception {
        try (ForeignServer server = ForeignServer.nbdkit(folder, true, "--filter=error", "memory", "4M", "error=EIO", "error-rate=20%");
                RealClient client = RealClient.connect(server)) {
            byte[] data = noise(4096);
            int failures = 0;
            for (int i = 0; i < 100; i++) {
                long at = i * 4096L;
                failures += until(client, () -> client.run(done -> new BlockRequest().write(at, ByteBuffer.wrap(data), 0, done)));
                ByteBuffer back = ByteBuffer.allocate(4096);
                failures += until(client, () -> client.run(done -> new BlockRequest().read(at, back.clear(), done)));
                assertThat(back.array()).isEqualTo(data);
            }
            assertThat(failures).as("injected errors that came out").isBetween(10, 150);
        }
    }

    /** @return failures before it went well */
    private static int until(RealClient client, java.util.function.Supplier<BlockRequest> attempt) {
        for (int failures = 0; failures < 100; failures++) {
            BlockRequest ended = attempt.get();
            if (!ended.error().isError()) {
                return failures;
            }
            assertThat(ended.error()).isEqualTo(BlockError.EIO);
            assertThat(client.device().isOpen()).as("an error of a request does not end the connection").isTrue();
        }
        throw new AssertionError("it never goes well");
    }

    @ParameterizedTest
    @CsvSource({"512, 4096, 65536", "4096, 4096, 4096", "65536, 65536, 131072", "1, 512, 33554432"})
    void shouldObeyTheBlockSizesOfTheServer(String minimum, String preferred, String maximum) throws Exception {
        Path file = Files.write(folder.resolve("disk.img"), new byte[SIZE]);
        try (ForeignServer server = ForeignServer.nbdkit(folder, true, "--filter=blocksize-policy", "file", file.toString(),
                "blocksize-minimum=" + minimum, "blocksize-preferred=" + preferred, "blocksize-maximum=" + maximum,
                "blocksize-error-policy=error"); RealClient client = RealClient.connect(server)) {
            assertThat(client.device().export().minBlockBytes()).isEqualTo(Integer.parseInt(minimum));
            byte[] odd = noise(300_001);
            client.write(12_345, odd, 0);
            client.must(done -> new BlockRequest().writeZeroes(20_000, 100_000, 0, done));
            java.util.Arrays.fill(odd, 20_000 - 12_345, 120_000 - 12_345, (byte) 0);
            assertThat(client.read(12_345, odd.length)).isEqualTo(odd);
            assertThat(client.read(0, 12_345)).containsOnly(0);
            client.flush();
        }
    }

    @Test
    void shouldCopyAndCompareOverSeveralConnectionsThroughDelayAndRate() throws Exception {
        Path source = Files.write(folder.resolve("source.img"), noise(SIZE));
        Path file = Files.write(folder.resolve("disk.img"), new byte[SIZE]);
        Path log = folder.resolve("nbdkit.log");
        try (ForeignServer server = ForeignServer.nbdkit(folder, true, "--filter=log", "--filter=delay", "--filter=rate", "file",
                file.toString(), "wdelay=2ms", "rate=400M", "logfile=" + log)) {
            RealClient.connect(server).close();
            assertThat(NbdClientMain.run("copy", source.toString(), server.uri(), "-C", "3")).isZero();
            assertThat(NbdClientMain.run("compare", source.toString(), server.uri(), "-C", "1")).isZero();
        }
        assertThat(Files.mismatch(source, file)).isEqualTo(-1);
        long connections = Files.readAllLines(log).stream().filter(line -> line.contains("Connect ")).count();
        assertThat(connections).as("one to wait for the server, three to copy, one to compare").isEqualTo(5);
    }

    @Test
    void shouldLetTheServerGoWhenItClosesInOrder() throws Exception {
        try (ForeignServer server = ForeignServer.nbdkit(folder, true, "--filter=exitlast", "memory", "4M")) {
            RealClient.connect(server).close();
            Awaitility.await("nbdkit leaves with its last client").atMost(90, TimeUnit.SECONDS).until(() -> !server.isAlive());
        }
    }

    @Test
    void shouldNotModifyAReadOnlyServer() throws Exception {
        Path source = Files.write(folder.resolve("source.img"), noise(SIZE));
        try (ForeignServer server = ForeignServer.nbdkit(folder, true, "-r", "memory", "4M");
                RealClient client = RealClient.connect(server)) {
            BlockRequest refused = client.run(done -> new BlockRequest().write(0, ByteBuffer.allocate(512), 0, done));
            assertThat(refused.error()).isEqualTo(BlockError.EPERM);
            assertThat(NbdClientMain.run("copy", source.toString(), server.uri())).isEqualTo(1);
            assertThat(client.read(0, 4096)).containsOnly(0);
        }
    }
}
