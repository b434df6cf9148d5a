/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.daemon;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.netraid.block.BlockDevice;
import org.netraid.block.io.DeviceOpenException;
import org.netraid.block.io.DiskWorkers;
import org.netraid.block.io.FileBlockDevice;
import org.netraid.block.io.FileDeviceOptions;
import org.netraid.journal.io.JournalFolder;
import org.netraid.journal.io.JournalOptions;
import org.netraid.replicator.node.DiskOpener;
import org.netraid.time.EventLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens disks and intent logs as files and block devices, exclusively. Opening may hang in the kernel, so it has a thread of its own.
 *
 * <p>Every disk has threads of its own, which end when they are idle: a disk that hangs keeps those it has, and no other disk waits.
 *
 * <p>An intent log is a file in the state folder, written full of zeros when it is made: a log block must not wait for the file system to
 * allocate space, nor fail for want of it.
 */
final class FileDisks implements DiskOpener, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger("org.netraid.replicator.Disks");
    static final String INTENT_LOG_SUFFIX = ".intent";
    static final String REGION_LOG_SUFFIX = ".regions";
    static final String JOURNAL_SUFFIX = ".journal";
    private static final String NEW_SUFFIX = ".new";
    private static final long MAX_INTENT_LOG_BYTES = 1L << 30;
    private static final int THREADS_PER_DISK = 8;
    private static final int ZERO_BYTES = 256 << 10;

    private final Path stateFolder;
    private final EventLoop loop;
    private final ExecutorService opener = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "netraid-open");
        thread.setDaemon(true);
        return thread;
    });

    FileDisks(Path stateFolder, EventLoop loop) {
        this.stateFolder = stateFolder;
        this.loop = loop;
    }

    @Override
    public void openDisk(String path, Consumer<BlockDevice> opened, Consumer<String> failed) {
        open(() -> Path.of(path), opened, failed);
    }

    @Override
    public String identity(String path) {
        return DiskIdentity.of(Path.of(path));
    }

    @Override
    public String mark(String path, String mark) {
        return DiskIdentity.mark(Path.of(path), mark);
    }

    @Override
    public void openIntentLog(String tag, long sizeBytes, Consumer<BlockDevice> opened, Consumer<String> failed) {
        openLogFile(tag + INTENT_LOG_SUFFIX, sizeBytes, opened, failed);
    }

    @Override
    public void openRegionLog(String tag, long sizeBytes, Consumer<BlockDevice> opened, Consumer<String> failed) {
        openLogFile(tag + REGION_LOG_SUFFIX, sizeBytes, opened, failed);
    }

    private void openLogFile(String name, long sizeBytes, Consumer<BlockDevice> opened, Consumer<String> failed) {
        open(() -> {
            Path file = stateFolder.resolve(name);
            prepareIntentLog(file, sizeBytes);
            return file;
        }, opened, failed);
    }

    @Override
    public void openLostWrites(String name, long sizeBytes, Consumer<BlockDevice> opened, Consumer<String> failed) {
        open(() -> {
            Path file = stateFolder.resolve(name);
            Files.deleteIfExists(file);
            long free = Files.getFileStore(stateFolder).getUsableSpace();
            if (free / 2 < sizeBytes) {
                throw new IOException("saving what would be overwritten needs " + sizeBytes + " bytes in " + stateFolder
                        + ", and at most half of the " + free + " bytes that are free there may be used; make room");
            }
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.allocate(1), sizeBytes - 1);
                channel.force(true);
            }
            try (FileChannel folder = FileChannel.open(stateFolder, StandardOpenOption.READ)) {
                folder.force(true);
            }
            return file;
        }, opened, failed);
    }

    @Override
    public void openNewIntentLog(String tag, long sizeBytes, Consumer<BlockDevice> opened, Consumer<String> failed) {
        open(() -> {
            Path fresh = stateFolder.resolve(tag + INTENT_LOG_SUFFIX + NEW_SUFFIX);
            Files.deleteIfExists(fresh);
            prepareIntentLog(fresh, sizeBytes);
            return fresh;
        }, opened, failed);
    }

    @Override
    public void replaceIntentLog(String tag, Runnable replaced, Consumer<String> failed) {
        opener.execute(() -> {
            Path file = stateFolder.resolve(tag + INTENT_LOG_SUFFIX);
            try {
                Files.move(file.resolveSibling(file.getFileName() + NEW_SUFFIX), file, StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
                try (FileChannel folder = FileChannel.open(file.getParent(), StandardOpenOption.READ)) {
                    folder.force(true);
                }
                loop.execute(replaced);
            } catch (IOException | RuntimeException e) {
                loop.execute(() -> failed.accept("the new intent log cannot take the place of " + file + ": " + e.getMessage()));
            }
        });
    }

    @Override
    public void openUndoJournal(String tag, String path, UndoSpace space, Consumer<BlockDevice> opened, Consumer<String> failed) {
        open(() -> {
            Path file = UndoJournalFile.of(stateFolder, tag, path);
            if (space != null) {
                UndoJournalFile.prepare(file, space);
            }
            return file;
        }, opened, failed);
    }

    @Override
    public void removeUndoJournal(String tag, String path) {
        opener.execute(() -> {
            try {
                UndoJournalFile.remove(UndoJournalFile.of(stateFolder, tag, path));
            } catch (IOException e) {
                LOG.warn("{}: the space of the undo journal is not given back: {}", tag, e.getMessage());
            }
        });
    }

    @Override
    public void openJournal(String tag, long mirrorId, Consumer<Journals> opened, Consumer<String> failed) {
        opener.execute(() -> {
            try {
                JournalFolder.Opened found = JournalFolder.open(journalFolder(tag), mirrorId, JournalOptions.DEFAULT, opener);
                loop.execute(() -> opened.accept(new Journals(found.journal(), found.left(), found.news())));
            } catch (IOException e) {
                LOG.debug("{}: no journal", tag, e);
                loop.execute(() -> failed.accept(e.getMessage()));
            }
        });
    }

    private Path journalFolder(String tag) {
        return stateFolder.resolve(tag + JOURNAL_SUFFIX);
    }

    @Override
    public void discardJournal(String tag) {
        opener.execute(() -> JournalFolder.discard(journalFolder(tag)));
    }

    @Override
    public void close() {
        opener.shutdown();
    }

    /** What must be done before the file can be opened; on the opener's thread. */
    private interface Preparation {
        Path run() throws IOException;
    }

    private void open(Preparation preparation, Consumer<BlockDevice> opened, Consumer<String> failed) {
        opener.execute(() -> {
            try {
                FileDeviceOptions options = FileDeviceOptions.DEFAULT.withMode(FileDeviceOptions.Mode.WORKERS);
                BlockDevice device = FileBlockDevice.open(preparation.run(), options, loop,
                        new DiskWorkers("netraid-disk", THREADS_PER_DISK));
                loop.execute(() -> opened.accept(device));
            } catch (DeviceOpenException e) {
                loop.execute(() -> failed.accept(e.getMessage()));
            } catch (IOException | RuntimeException e) {
                String reason = e.getMessage() == null ? e.toString() : e.getMessage();
                loop.execute(() -> failed.accept(reason));
            }
        });
    }

    private static void prepareIntentLog(Path file, long sizeBytes) throws IOException {
        if (sizeBytes < 0 || sizeBytes > MAX_INTENT_LOG_BYTES) {
            throw new IOException("intent log " + file + " of " + sizeBytes + " bytes is too large; choose a larger chunk");
        }
        if (Files.exists(file) && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException("intent log " + file + " is not a regular file; a block device or link cannot be given another size in"
                    + " one step: put the state folder on the disk that is to hold the log");
        }
        try {
            if (Files.notExists(file)) {
                // Appears under its name only when it is whole: a half-made log would look like a damaged one.
                Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
                Files.deleteIfExists(temporary);
                Files.createFile(temporary, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
                zeroFill(temporary, 0, sizeBytes);
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
                try (FileChannel folder = FileChannel.open(file.getParent(), StandardOpenOption.READ)) {
                    folder.force(true);
                }
            } else if (Files.size(file) < sizeBytes) {
                zeroFill(file, Files.size(file), sizeBytes);
            }
        } catch (IOException e) {
            throw new IOException("cannot make intent log " + file + " with " + sizeBytes + " bytes: " + e.getMessage()
                    + "; see to room and permissions in the state folder", e);
        }
    }

    private static void zeroFill(Path file, long fromBytes, long toBytes) throws IOException {
        ByteBuffer zeros = ByteBuffer.allocateDirect(ZERO_BYTES);
        try (FileChannel channel = FileChannel.open(file, Set.of(StandardOpenOption.WRITE))) {
            long position = fromBytes;
            while (position < toBytes) {
                zeros.clear().limit((int) Math.min(ZERO_BYTES, toBytes - position));
                position += channel.write(zeros, position);
            }
            channel.force(true);
        }
    }
}
