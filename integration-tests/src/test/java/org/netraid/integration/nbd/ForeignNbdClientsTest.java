/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Other people's clients against our server process; a tool that is not installed is skipped, and the report says so. */
@Tag("slow")
@Timeout(600)
class ForeignNbdClientsTest {

    /** No multiple of anything, as images in the wild are. */
    private static final int ODD_SIZE = (9 << 20) + 1000;
    /** qemu counts in sectors. */
    private static final int SECTOR_SIZE = (9 << 20) + 1536;

    @TempDir
    private static Path folder;
    private static ServerUnderTest tcp;
    private static ServerUnderTest unix;

    @BeforeAll
    static void start() throws IOException {
        tcp = new ServerUnderTest(folder, image("tcp"), "--listen", "127.0.0.1:0", "--export", "disk", "--description", "a test disk");
        unix = new ServerUnderTest(folder, image("unix"), "--unix", folder.resolve("s").toString());
    }

    private static String image(String transport) throws IOException {
        byte[] content = new byte[size(transport)];
        String image = Files.write(folder.resolve(transport + ".img"), content).toString();
        new Random(1).nextBytes(content);
        Arrays.fill(content, 1 << 20, 5 << 20, (byte) 0);
        Files.write(original(transport), content);
        return image;
    }

    private static int size(String transport) {
        return transport.equals("tcp") ? SECTOR_SIZE : ODD_SIZE;
    }

    private static Path original(String transport) {
        return folder.resolve("original-" + transport);
    }

    @AfterAll
    static void stop() throws Exception {
        assertThat(tcp.terminate()).isZero();
        assertThat(unix.terminate()).isZero();
        assertThat(tcp.errors() + unix.errors()).isEmpty();
    }

    private static String uri(String transport) {
        return transport.equals("tcp") ? tcp.uri : unix.uri;
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldBeDescribedByNbdinfo(String transport) throws Exception {
        String json = ForeignTool.run("nbdinfo", "--json", uri(transport));
        assertThat(json).contains("newstyle-fixed", "\"export-size\": " + size(transport), "\"can_multi_conn\": true", "\"can_df\": true",
                "\"can_fua\": true", "\"can_trim\": true", "\"can_zero\": true", "\"is_read_only\": false");
        if (transport.equals("tcp")) {
            assertThat(ForeignTool.run("nbdinfo", "--list", uri(transport))).contains("export=\"disk\"", "a test disk");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldKeepWhatNbdcopyWrites(String transport) throws Exception {
        Path back = folder.resolve("back-" + transport);
        ForeignTool.run("nbdcopy", original(transport).toString(), uri(transport));
        ForeignTool.run("nbdcopy", uri(transport), back.toString());
        assertThat(Files.mismatch(original(transport), back)).isEqualTo(-1);
        assertThat(Files.mismatch(original(transport), folder.resolve(transport + ".img"))).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldSatisfyNbdsh(String transport) throws Exception {
        int size = size(transport);
        String script = String.join("\n",
                "assert h.get_structured_replies_negotiated()",
                "assert h.get_size() == " + size,
                "assert h.get_block_size(nbd.SIZE_MINIMUM) == 1 and h.get_block_size(nbd.SIZE_MAXIMUM) == 32 << 20",
                "h.pwrite(b'x' * 1000, " + (size - 1000) + ", nbd.CMD_FLAG_FUA)",
                "chunks = []",
                "h.pread_structured(1000, " + (size - 1000) + ", lambda data, *rest: chunks.append(bytes(data)), nbd.CMD_FLAG_DF)",
                "assert chunks == [b'x' * 1000]",
                "h.zero(500, " + (size - 500) + ")",
                "h.trim(4096, 0, nbd.CMD_FLAG_FUA)",
                "h.flush()",
                "assert h.pread(1000, " + (size - 1000) + ") == b'x' * 500 + bytes(500)",
                "h.set_strict_mode(0)",
                "import errno",
                "def fails(code, call, *args):",
                "    try:",
                "        call(*args)",
                "    except nbd.Error as e:",
                "        assert e.errnum == code, e",
                "        return",
                "    assert False, 'accepted'",
                "fails(errno.EINVAL, h.pread, 512, " + size + ")",
                "fails(errno.ENOSPC, h.pwrite, bytes(512), " + (size - 1) + ")",
                "fails(errno.EINVAL, h.pread, 512, 0, 1 << 14)",
                "fails(errno.EINVAL, h.pwrite, bytes(512), 0, 1 << 14)",
                "h.pread(512, 0)",
                "h.shutdown()");
        ForeignTool.run("nbdsh", "-u", uri(transport), "-c", script);
    }

    @Test
    void shouldKeepWhatQemuImgWrites() throws Exception {
        String original = original("tcp").toString();
        ForeignTool.run("qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", original, tcp.uri);
        assertThat(ForeignTool.run("qemu-img", "compare", "-f", "raw", "-F", "raw", original, tcp.uri)).contains("identical");
        Path back = folder.resolve("qemu");
        ForeignTool.run("qemu-img", "convert", "-f", "raw", "-O", "raw", tcp.uri, back.toString());
        assertThat(Files.mismatch(original("tcp"), back)).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldVerifyPatternsOfQemuIo(String transport) throws Exception {
        String out = ForeignTool.run("qemu-io", "-f", "raw", "-c", "write -P 0x5a 1M 1M",
                "-c", "write -f -P 0xa5 1536k 4k", "-c", "write -z 1200k 64k",
                "-c", "read -P 0x5a 1M 176k", "-c", "read -P 0 1200k 64k", "-c", "read -P 0xa5 1536k 4k", "-c", "discard 1M 512k", "-c",
                "flush",
                uri(transport));
        assertThat(out).doesNotContain("failed", "error");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldShowHolesToEverybody(String transport) throws Exception {
        int size = 16 << 20;
        Path image = folder.resolve("sparse-" + transport);
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(size);
            file.seek(1 << 20);
            byte[] data = new byte[65536];
            Arrays.fill(data, (byte) 7);
            file.write(data);
        }
        String[] where = transport.equals("unix") ? new String[] {image.toString(), "--unix", folder.resolve("s2").toString()}
                : new String[] {image.toString(), "--listen", "127.0.0.1:0"};
        try (ServerUnderTest server = new ServerUnderTest(folder, where)) {
            String map = ForeignTool.run("nbdinfo", "--map", server.uri);
            assertThat(map.replaceAll(" +", " ")).contains("0 1048576 3 hole,zero", "1048576 65536 0 data", "1114112 15663104 3 hole,zero");
            assertThat(ForeignTool.run("nbdinfo", "--json", server.uri)).contains("base:allocation");
            assertThat(ForeignTool.run("qemu-img", "map", "--output=json", "-f", "raw", server.uri)).contains(
                    "\"start\": 1048576, \"length\": 65536, \"depth\": 0, \"present\": true, \"zero\": false, \"data\": true");
            Path copy = folder.resolve("sparse-copy-" + transport);
            ForeignTool.run("nbdcopy", server.uri, copy.toString());
            assertThat(Files.mismatch(image, copy)).isEqualTo(-1);
            ForeignTool.run("nbdsh", "-c", String.join("\n", "h.add_meta_context('base:allocation')", "h.connect_uri('" + server.uri + "')",
                    "assert h.can_meta_context('base:allocation')",
                    "seen = []",
                    "def f(context, offset, entries, error):",
                    "    assert context == 'base:allocation'",
                    "    seen.append((offset, list(entries)))",
                    "h.block_status(" + size + ", 0, f)",
                    "assert seen == [(0, [1 << 20, 3, 65536, 0, " + (size - (1 << 20) - 65536) + ", 3])], seen",
                    "seen = []",
                    "h.block_status(1 << 20, 4096, f, nbd.CMD_FLAG_REQ_ONE)",
                    "assert seen == [(4096, [(1 << 20) - 4096, 3])], seen",
                    "h.shutdown()"));
        }
    }
}
