/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.journal.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.journal.AsyncJournal;
import org.netraid.journal.JournalRecord;

/** The journal in files: what it keeps, what the next life finds, and what it refuses to believe. */
class ChronicleJournalTest {

    private static final long MIRROR = 42;
    private static final JournalOptions SMALL = new JournalOptions(256 << 10, 8 << 20, 1 << 20);

    @TempDir
    private Path folder;
    private final ByteBuffer payload = ByteBuffer.allocateDirect(JournalRecord.MAX_PAYLOAD_BYTES);
    private final JournalRecord record = new JournalRecord();

    private JournalFolder.Opened open() throws IOException {
        return JournalFolder.open(folder.resolve("r0.journal"), MIRROR, SMALL, Runnable::run);
    }

    private long append(AsyncJournal journal, int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        payload.clear().put(bytes).flip();
        record.kind = JournalRecord.Kind.WRITE;
        record.slotMask = 5;
        record.epoch = seed;
        record.offsetBytes = seed * 4096;
        record.lengthBytes = length;
        record.flags = 3;
        return journal.append(record, payload);
    }

    private void check(AsyncJournal journal, long sequence, int length, long seed) {
        payload.clear().limit(length);
        assertThat(journal.read(sequence, record, payload)).as("record %d: %s", sequence, journal.problem()).isTrue();
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        byte[] read = new byte[length];
        payload.get(0, read);
        assertThat(read).isEqualTo(bytes);
        assertThat(record.epoch).isEqualTo(seed);
        assertThat(record.offsetBytes).isEqualTo(seed * 4096);
        assertThat(record.isFor(2)).isTrue();
        assertThat(record.isFor(1)).isFalse();
        assertThat(record.flags).isEqualTo(3);
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(path -> path.toString().endsWith(".cq4")).toList();
        }
    }

    @Test
    void shouldReadBackInAnyOrderWhatWasAppended() throws IOException {
        AsyncJournal journal = open().journal();
        for (int i = 1; i <= 300; i++) {
            assertThat(append(journal, i % 7 == 0 ? 65536 : 4096, i)).isEqualTo(i);
        }
        assertThat(append(journal, JournalRecord.MAX_PAYLOAD_BYTES, 301)).isEqualTo(301);
        record.kind = JournalRecord.Kind.ZERO;
        record.lengthBytes = 16 << 20;
        assertThat(journal.append(record, null)).isEqualTo(302);
        assertThat(files().size()).as("it rolls by size").isGreaterThan(5);
        for (int i : new int[] {1, 2, 3, 300, 150, 151, 1, 299, 7, 77}) {
            check(journal, i, i % 7 == 0 ? 65536 : 4096, i);
        }
        check(journal, 301, JournalRecord.MAX_PAYLOAD_BYTES, 301);
        assertThat(journal.read(302, record, null)).isTrue();
        assertThat(record.lengthBytes).isEqualTo(16 << 20);
        assertThat(journal.read(303, record, null)).isFalse();
        journal.close();
        assertThat(files()).as("nobody is attached").isEmpty();
    }

    @Test
    void shouldDeleteFilesNobodyNeeds() throws IOException {
        AsyncJournal journal = open().journal();
        for (int i = 1; i <= 400; i++) {
            append(journal, 4096, i);
        }
        int before = files().size();
        long bytes = journal.diskBytes();
        journal.trim(300);
        assertThat(files().size()).isLessThan(before);
        assertThat(journal.diskBytes()).isLessThan(bytes / 2).isGreaterThan(100 * 4096);
        check(journal, 301, 4096, 301);
        assertThat(journal.read(1, record, null)).isFalse();
        assertThat(append(journal, 4096, 401)).isEqualTo(401);
        check(journal, 401, 4096, 401);
        journal.close();
    }

    @Test
    void shouldLeaveToTheNextLifeWhatATargetHasNotGot() throws IOException {
        AsyncJournal journal = open().journal();
        for (int i = 1; i <= 200; i++) {
            append(journal, 4096, i);
        }
        journal.attach(2, 77, 100, 150);
        journal.trim(100);
        journal.flushed(2, 120);
        journal.sent(2, 160);
        // no close: the process is killed
        JournalFolder.Opened next = open();
        assertThat(next.news()).isEmpty();
        AsyncJournal left = next.left();
        assertThat(left.lastSequence()).isEqualTo(200);
        assertThat(left.isAttached(2)).isTrue();
        assertThat(left.isAttached(1)).isFalse();
        assertThat(left.token(2)).isEqualTo(77);
        assertThat(left.flushedSequence(2)).isEqualTo(120);
        assertThat(left.sentSequence(2)).isEqualTo(160);
        for (int i = 121; i <= 200; i++) {
            check(left, i, 4096, i);
        }
        assertThat(append(next.journal(), 4096, 1)).as("a life of its own").isEqualTo(1);
        assertThat(append(left, 4096, 1)).isEqualTo(AsyncJournal.NONE);
        left.detach(2);
        left.close();
        next.journal().close();
        JournalFolder.Opened third = open();
        assertThat(third.left()).isNull();
        third.journal().close();
        assertThat(files()).isEmpty();
    }

    @Test
    void shouldKeepAnOlderLifeWhileTheNewestHasNothingToReplay() throws IOException {
        AsyncJournal journal = open().journal();
        append(journal, 4096, 1);
        journal.attach(0, 77, 0, 0);
        open();
        JournalFolder.Opened third = open();
        check(third.left(), 1, 4096, 1);
    }

    private Path life(int number) {
        return folder.resolve("r0.journal").resolve("life-" + number);
    }

    private void poke(Path file, long at, int value) throws IOException {
        try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
            raw.seek(at);
            raw.write(value);
        }
    }

    @Test
    void shouldSetAForeignOrDamagedJournalAside() throws IOException {
        AsyncJournal journal = JournalFolder.open(folder.resolve("r0.journal"), MIRROR + 1, SMALL, Runnable::run).journal();
        append(journal, 4096, 1);
        journal.attach(0, 77, 0, 0);
        JournalFolder.Opened next = open();
        assertThat(next.left()).isNull();
        assertThat(next.news()).singleElement().asString().contains("belongs to another mirror").contains("set aside");
        append(next.journal(), 4096, 1);
        next.journal().attach(0, 77, 0, 0);
        poke(life(2).resolve("positions"), 9, 1);
        assertThat(open().news()).singleElement().asString().contains("damaged");
        try (Stream<Path> all = Files.list(folder.resolve("r0.journal"))) {
            assertThat(all.map(path -> path.getFileName().toString())).contains("life-1.set-aside", "life-2.set-aside", "life-3");
        }
    }

    @Test
    void shouldNotBelieveAJournalFromBeforeTheMachineWasStarted() throws IOException {
        AsyncJournal journal = open().journal();
        append(journal, 4096, 1);
        journal.attach(0, 77, 0, 0);
        try (RandomAccessFile raw = new RandomAccessFile(life(1).resolve("positions").toFile(), "rw")) {
            byte[] header = new byte[32];
            raw.readFully(header);
            header[20] ^= 1;
            java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
            crc.update(header);
            raw.seek(0);
            raw.write(header);
            raw.writeInt((int) crc.getValue());
        }
        JournalFolder.Opened next = open();
        assertThat(next.left()).isNull();
        assertThat(next.news()).singleElement().asString().contains("before the machine was started");
    }

    @Test
    void shouldSayWhichRecordIsDamaged() throws IOException {
        AsyncJournal journal = open().journal();
        for (int i = 1; i <= 3; i++) {
            append(journal, 4096, i);
        }
        journal.attach(0, 77, 0, 0);
        byte[] content = Files.readAllBytes(files().get(0));
        byte[] third = new byte[4096];
        new Random(3).nextBytes(third);
        int at = indexOf(content, third);
        poke(files().get(0), at + 2000, content[at + 2000] ^ 1);
        AsyncJournal left = open().left();
        check(left, 2, 4096, 2);
        payload.clear();
        assertThat(left.read(3, record, payload)).isFalse();
        assertThat(left.problem()).isEqualTo("record 3 has a wrong checksum");
    }

    private static int indexOf(byte[] all, byte[] part) {
        for (int at = 0; at <= all.length - part.length; at++) {
            if (java.util.Arrays.equals(all, at, at + part.length, part, 0, part.length)) {
                return at;
            }
        }
        throw new AssertionError("not found");
    }

    @Test
    void shouldRefuseRecordsWhenTheFileSystemIsNearlyFull() throws IOException {
        long free = Files.getFileStore(folder).getUsableSpace();
        JournalOptions greedy = new JournalOptions(256 << 10, 8 << 20, 4 * free);
        assertThatThrownBy(() -> JournalFolder.open(folder.resolve("r0.journal"), MIRROR, greedy, Runnable::run))
                .isInstanceOf(IOException.class).hasMessageContaining("bytes are free");
    }

    /** A mapped page without a block kills the process, or is found out too late: every page that a record may touch has one. */
    @Test
    void shouldHaveBlocksForTheNextRecordsBeforeTheyAreStored() throws IOException {
        AsyncJournal journal = open().journal();
        for (int i = 1; i <= 500; i++) {
            append(journal, i % 50 == 0 ? 128 << 10 : 512, i);
            if (i % 50 <= 1) {
                long stored = 544L * (i % 50) + (i % 50 == 1 ? 0 : 128 << 10);
                assertThat(blocksOf(files().stream().max(Path::compareTo).orElseThrow()) * 512).isGreaterThan(stored + (256 << 10));
            }
        }
        journal.close();
    }

    private static long blocksOf(Path file) throws IOException {
        Process stat = new ProcessBuilder("stat", "--format=%b", file.toString()).start();
        return Long.parseLong(new String(stat.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).trim());
    }

    @Test
    void shouldSetAsideOrReadTheWholePartOfAJournalThatWasCutShort() throws IOException {
        AsyncJournal journal = open().journal();
        for (int i = 1; i <= 20; i++) {
            append(journal, 4096, i);
        }
        journal.attach(0, 77, 0, 0);
        byte[] content = Files.readAllBytes(files().get(0));
        byte[] tenth = new byte[4096];
        new Random(10).nextBytes(tenth);
        try (RandomAccessFile raw = new RandomAccessFile(files().get(0).toFile(), "rw")) {
            raw.setLength(indexOf(content, tenth) + 1000);
        }
        JournalFolder.Opened next = open();
        if (next.left() == null) {
            assertThat(next.news()).singleElement().asString().contains("cannot be read").contains("set aside");
        } else {
            for (int i = 1; i <= 9; i++) {
                check(next.left(), i, 4096, i);
            }
            payload.clear();
            assertThat(next.left().read(10, record, payload)).isFalse();
        }
        assertThat(append(next.journal(), 4096, 1)).as("the new life is not concerned").isEqualTo(1);
    }

    @Test
    void shouldAllocateNextToNothingPerRecord() throws IOException {
        JournalOptions options = new JournalOptions(32 << 20, JournalOptions.MIN_BLOCK_BYTES, 1 << 20);
        AsyncJournal journal = JournalFolder.open(folder.resolve("r0.journal"), MIRROR, options, Runnable::run).journal();
        append(journal, 4096, 1);
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory
                .getThreadMXBean();
        int count = 10_000;
        appendSame(journal, count);
        long before = threads.getCurrentThreadAllocatedBytes();
        appendSame(journal, count);
        long perRecord = (threads.getCurrentThreadAllocatedBytes() - before) / count;
        System.out.println("journal: " + perRecord + " bytes allocated per record of 4 KiB, new files included");
        journal.close();
        assertThat(perRecord).isLessThan(400);
    }

    private void appendSame(AsyncJournal journal, int count) {
        for (int i = 0; i < count; i++) {
            payload.clear().limit(4096);
            record.lengthBytes = 4096;
            long sequence = journal.append(record, payload);
            assertThat(sequence != AsyncJournal.NONE).isTrue();
            if (i % 256 == 0) {
                journal.trim(sequence - 1);
            }
        }
    }

    @Test
    void shouldNotHaveTheLibraryThatPhonesHome() {
        assertThatThrownBy(() -> Class.forName("net.openhft.chronicle.analytics.Analytics")).isInstanceOf(ClassNotFoundException.class);
    }

    @Test
    void shouldLeaveNoThreadsButTheReleaserBehind() throws IOException {
        AsyncJournal journal = open().journal();
        append(journal, 4096, 1);
        assertThat(Thread.getAllStackTraces().keySet()).extracting(Thread::getName)
                .noneMatch(name -> name.contains("disk-space") || name.contains("pretouch") || name.contains("shrink"));
        journal.close();
    }
}
