/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.netraid.integration.nbd.ForeignTool.run;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Loads of other people's clients that keep many requests in flight, over one connection and over several, and check what they read. */
@Tag("slow")
@Timeout(600)
class ForeignWorkloadsTest {

    private static final int SIZE = 64 << 20;

    @TempDir
    private Path folder;
    private Path image;
    private ServerUnderTest server;

    private String start(String transport) throws IOException {
        image = folder.resolve("disk.img");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(SIZE);
        }
        String[] unix = {image.toString(), "--unix", folder.resolve("socket").toString()};
        String[] tcp = {image.toString(), "--listen", "127.0.0.1:0"};
        server = new ServerUnderTest(folder, transport.equals("unix") ? unix : tcp);
        return server.uri;
    }

    @AfterEach
    void stop() throws Exception {
        if (server != null) {
            assertThat(server.terminate()).isZero();
            assertThat(server.errors()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldReadBackWhatFioWroteAtRandomFromFourConnections(String transport) throws Exception {
        String uri = start(transport);
        String report = run("fio", "--name=verify", "--ioengine=nbd", "--uri=" + uri, "--rw=randwrite",
                "--bsrange=512-64k", "--bs_unaligned",
                "--iodepth=32", "--numjobs=4", "--offset_increment=16M", "--size=16M", "--verify=crc32c", "--verify_fatal=1",
                "--do_verify=1", "--verify_state_save=0", "--verify_backlog=256", "--fsync=64", "--randseed=7", "--group_reporting");
        assertThat(report).contains("err= 0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldCarryMixedTrimsOfFio(String transport) throws Exception {
        String uri = start(transport);
        String report = run("fio", "--name=mixed", "--ioengine=nbd", "--uri=" + uri, "--rw=randtrimwrite", "--bs=4k", "--iodepth=16",
                "--size=16M", "--randseed=3");
        assertThat(report).contains("err= 0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldKeepWhatNbdcopyWritesOverFourConnections(String transport) throws Exception {
        String uri = start(transport);
        byte[] content = new byte[SIZE];
        new Random(5).nextBytes(content);
        Path original = Files.write(folder.resolve("original"), content);
        Path back = folder.resolve("back");
        run("nbdcopy", "--connections=4", "--requests=64", "--flush", original.toString(), uri);
        run("nbdcopy", "--connections=4", "--requests=64", uri, back.toString());
        assertThat(Files.mismatch(original, back)).isEqualTo(-1);
        assertThat(Files.mismatch(original, image)).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldShowWritesOfOneConnectionOnTheOtherAndFlushThem(String transport) throws Exception {
        String uri = start(transport);
        run("nbdsh", "-c", String.join("\n",
                "a, b = nbd.NBD(), nbd.NBD()",
                "a.connect_uri('" + uri + "'); b.connect_uri('" + uri + "')",
                "assert a.can_multi_conn() and b.can_multi_conn()",
                "for i in range(200):",
                "    a.pwrite(bytes([i]) * 4096, 4096 * (i % 7))",
                "    b.flush()",
                "    assert b.pread(4096, 4096 * (i % 7)) == bytes([i]) * 4096",
                "a.shutdown(); b.shutdown()"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldServeQemuImgBenchAndShowItsPattern(String transport) throws Exception {
        String uri = start(transport);
        run("qemu-img", "bench", "-f", "raw", "-t", "none", "-c", "4096", "-d", "64", "-s", "4096", "-w",
                "--pattern=77", "--flush-interval=256",
                uri);
        run("qemu-img", "bench", "-f", "raw", "-c", "4096", "-d", "64", "-s", "4096", uri);
        byte[] expected = new byte[16 << 20];
        Arrays.fill(expected, (byte) 77);
        assertThat(Files.newInputStream(image).readNBytes(expected.length)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldLetQemuImgFindTheOneByteThatDiffers(String transport) throws Exception {
        String uri = start(transport);
        byte[] content = new byte[SIZE];
        content[SIZE - 3] = 1;
        Path other = Files.write(folder.resolve("other"), content);
        ServerUnderTest.Result differs = ForeignTool.runToAnyEnd("qemu-img", "compare", "-f", "raw", "-F", "raw", other.toString(), uri);
        assertThat(differs.status()).isEqualTo(1);
        assertThat(differs.out()).contains("Content mismatch at offset");
        run("qemu-io", "-f", "raw", "-c", "write -P 1 " + (SIZE - 512) + " 512", uri);
        run("qemu-io", "-f", "raw", "-c", "write -P 0 " + (SIZE - 512) + " 512", uri);
        content[SIZE - 3] = 0;
        Files.write(other, content);
        assertThat(run("qemu-img", "compare", "-f", "raw", "-F", "raw", other.toString(), uri)).contains("identical");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldTellTheSameHolesInTextAndInJson(String transport) throws Exception {
        String uri = start(transport);
        run("qemu-io", "-f", "raw", "-c", "write -P 9 1M 64k", uri);
        assertThat(run("nbdinfo", "--map", "--json", uri).replaceAll("\\s+", "")).contains(
                "\"offset\":1048576,\"length\":65536,\"type\":0");
        assertThat(run("nbdinfo", "--map", "--totals", uri)).contains("65536", "data").contains("hole,zero");
        assertThat(run("nbdinfo", "--size", uri).trim()).isEqualTo(Integer.toString(SIZE));
    }
}
