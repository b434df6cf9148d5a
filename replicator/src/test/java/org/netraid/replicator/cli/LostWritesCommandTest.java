/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.replicator.lost.LostHeader;
import org.netraid.replicator.lost.LostIndex;

/** What was saved can be listed and put back; a damaged file is refused, whatever is damaged. */
class LostWritesCommandTest {

    private static final int CHUNK = 4096;
    private static final long MIRROR = 10 * CHUNK + 512;

    @TempDir
    private Path folder;
    private Path file;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeEach
    void save() throws IOException {
        byte[] first = new byte[CHUNK];
        Arrays.fill(first, (byte) 7);
        byte[] last = new byte[512];
        Arrays.fill(last, (byte) 9);
        List<LostIndex.Entry> entries = List.of(new LostIndex.Entry(3, CHUNK, LostHeader.crc(ByteBuffer.wrap(first))),
                new LostIndex.Entry(10, 512, LostHeader.crc(ByteBuffer.wrap(last))));
        ByteBuffer index = LostIndex.encode(entries);
        int crc = LostHeader.crc(index.duplicate().limit(32));
        LostHeader header = new LostHeader(1, MIRROR, CHUNK, 2, crc, 1_700_000_000_000L, 0xa, 0xb, "adam", "eve");
        file = folder.resolve("data.lost-a");
        try (FileChannel to = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            to.write(header.encode(), 0);
            to.write(index, LostHeader.BLOCK_BYTES);
            to.write(ByteBuffer.wrap(first), LostHeader.dataAt(2));
            to.write(ByteBuffer.wrap(last), LostHeader.dataAt(2) + CHUNK);
        }
    }

    private int run(String... words) {
        out.reset();
        err.reset();
        return LostWritesCommand.run(words, new PrintStream(out, true), new PrintStream(err, true));
    }

    private String text(ByteArrayOutputStream stream) {
        return stream.toString(StandardCharsets.UTF_8);
    }

    @Test
    void shouldSayWhoseWritesTheyAreAndWhere() {
        assertThat(run("list", file.toString())).isZero();
        assertThat(text(out)).isEqualTo("""
                writes of adam, given up for those of eve at 2023-11-14T22:13:20Z
                generation 000000000000000a, kept 000000000000000b; device of 41472 bytes
                2 chunks of 4096 bytes:
                  chunk 3  offset 12288  length 4096
                  chunk 10  offset 40960  length 512
                """);
    }

    @Test
    void shouldPutEachChunkToItsPlace() throws IOException {
        Path image = folder.resolve("image");
        assertThat(run("extract", file.toString(), "--into", image.toString())).isZero();
        byte[] bytes = Files.readAllBytes(image);
        assertThat(bytes).hasSize((int) MIRROR);
        assertThat(bytes[3 * CHUNK]).isEqualTo((byte) 7);
        assertThat(bytes[10 * CHUNK]).isEqualTo((byte) 9);
        assertThat(bytes[0]).isZero();
    }

    @Test
    void shouldPutOnlyTheChunkThatIsNamed() throws IOException {
        Path image = folder.resolve("image");
        assertThat(run("extract", file.toString(), "--into", image.toString(), "--chunk", "3")).isZero();
        assertThat(Files.size(image)).isEqualTo(4 * CHUNK);
        assertThat(run("extract", file.toString(), "--into", image.toString(), "--chunk", "4")).isEqualTo(5);
        assertThat(text(err)).contains("chunk 4 is not in this file");
    }

    @Test
    void shouldRefuseADamagedFileWhereverItIsDamaged() throws IOException {
        byte[] good = Files.readAllBytes(file);
        for (int at : new int[] {0, 9, 40, 60, 140, 4096, 4110, (int) LostHeader.dataAt(2) + 5}) {
            byte[] bad = good.clone();
            bad[at] ^= 1;
            Files.write(file, bad);
            assertThat(run("extract", file.toString(), "--into", folder.resolve("image").toString())).as("byte %d", at).isEqualTo(5);
        }
        Files.write(file, Arrays.copyOf(good, 5000));
        assertThat(run("list", file.toString())).isEqualTo(5);
        err.reset();
        assertThat(run("list", folder.resolve("nothing").toString())).isEqualTo(5);
        assertThat(err).hasToString("lost-writes: there is no " + folder.resolve("nothing") + "\n");
    }

    @Test
    void shouldShowTheUsageWhenTheWordsAreWrong() {
        assertThat(run("extract", file.toString())).isEqualTo(1);
        assertThat(run("list", file.toString(), "--chunk", "x")).isEqualTo(1);
        assertThat(run("list")).isEqualTo(1);
        assertThat(text(err)).contains("usage: lost-writes");
        assertThat(run("--help")).isZero();
    }
}
