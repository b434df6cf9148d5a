/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.journal.io;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.netraid.journal.AsyncJournal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journals of one mirror: a folder for each life of its source. A new life begins a new one; of the others the newest is kept that is
 * this mirror's, was written since the machine was started, and has something to replay.
 */
public final class JournalFolder {

    private static final Logger LOG = LoggerFactory.getLogger("org.netraid.journal");
    private static final String LIFE = "life-";
    private static final String ASIDE = ".set-aside";

    private JournalFolder() {
    }

    /**
     * @param journal the new life's
     * @param left an earlier life's; null if there is nothing to replay
     * @param news what an operator may want to know
     */
    public record Opened(AsyncJournal journal, AsyncJournal left, List<String> news) {
    }

    /**
     * Opens a mirror's journals. May block.
     *
     * @param folder made if it is not there
     * @param mirrorId identity of the mirror
     * @param janitor closes and deletes files
     * @throws IOException with a sentence for people
     */
    public static Opened open(Path folder, long mirrorId, JournalOptions options, Executor janitor) throws IOException {
        ChronicleRuntime.prepare();
        String missing = ChronicleRuntime.missingFlags();
        if (!missing.isEmpty()) {
            throw new IOException(missing);
        }
        List<String> news = new ArrayList<>();
        try {
            makeFolder(folder);
            List<Path> lives = lives(folder);
            ChronicleJournal left = null;
            for (Path life : lives) {
                left = left == null ? examine(life, mirrorId, options, janitor, news) : left;
                if ((left == null || !left.isIn(life)) && Files.exists(life)) {
                    deleteAll(life);
                }
            }
            long number = lives.isEmpty() ? 1 : numberOf(lives.get(0)) + 1;
            Path fresh = folder.resolve(LIFE + number);
            makeFolder(fresh);
            return new Opened(ChronicleJournal.create(fresh, mirrorId, options, janitor), left, news);
        } catch (IOException | RuntimeException | LinkageError | InternalError e) {
            throw new IOException("the journal in " + folder + " cannot be opened: "
                    + (e.getMessage() == null ? e.toString() : e.getMessage()), e);
        }
    }

    /** Deletes what an earlier life has left: nothing in it may be replayed after a life without a journal. May block. */
    public static void discard(Path folder) {
        if (Files.exists(folder)) {
            deleteAll(folder);
        }
    }

    private static void makeFolder(Path folder) throws IOException {
        if (Files.notExists(folder)) {
            Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
    }

    /** The newest first. */
    private static List<Path> lives(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(path -> path.getFileName().toString().matches(LIFE + "[0-9]{1,15}"))
                    .sorted(Comparator.comparingLong(JournalFolder::numberOf).reversed()).toList();
        }
    }

    private static long numberOf(Path life) {
        return Long.parseLong(life.getFileName().toString().substring(LIFE.length()));
    }

    /** @return the life's journal if it has something to replay */
    private static ChronicleJournal examine(Path life, long mirrorId, JournalOptions options, Executor janitor, List<String> news)
            throws IOException {
        String foreign;
        try {
            if (Files.notExists(life.resolve(PositionsFile.NAME))) {
                return null; // died before it was begun
            }
            PositionsFile positions = PositionsFile.open(life);
            foreign = positions.foreignness(mirrorId);
            if (foreign.isEmpty() && !positions.isAttached()) {
                return null;
            }
            if (foreign.isEmpty() && !positions.isOfThisBoot()) {
                news.add("the journal " + life + " is from before the machine was started: it may lack anything and is not replayed; the "
                        + "intent log knows what to resync");
                return null;
            }
            if (foreign.isEmpty()) {
                return ChronicleJournal.open(life, positions, options, janitor);
            }
        } catch (IOException | RuntimeException | AssertionError | InternalError e) {
            // the last two: what the library or the memory behind a file that is too short says
            foreign = "it cannot be read: " + (e.getMessage() == null ? e.toString() : e.getMessage());
        }
        Path aside = life.resolveSibling(life.getFileName() + ASIDE);
        deleteAll(aside);
        Files.move(life, aside);
        news.add("the journal " + life + " is not replayed, because " + foreign + "; it is set aside as " + aside
                + ", and what it held is resynced by the intent log. Delete it when nobody wants to look at it");
        return null;
    }

    static void deleteAll(Path folder) {
        if (Files.notExists(folder)) {
            return;
        }
        try {
            Files.walkFileTree(folder, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path done, IOException failure) throws IOException {
                    Files.deleteIfExists(done);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            LOG.warn("the journal in {} is not deleted: {}", folder, e.getMessage());
        }
    }
}
