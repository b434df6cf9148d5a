/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.daemon;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.netraid.replicator.io.Units;
import org.netraid.replicator.node.DiskOpener.UndoSpace;

/**
 * The file or block device of an undo journal. A file is sparse and as long as the journal may become; a full file system ends the journal,
 * not the resync. What is there already is only overwritten if it is a journal, or nothing.
 */
final class UndoJournalFile {

    private static final String SUFFIX = ".undo";
    /** First bytes of every journal, see docs/on-disk-format.md. */
    private static final long MAGIC = 0x4e52756e_646f4a0aL;

    private UndoJournalFile() {
    }

    static Path of(Path stateFolder, String tag, String path) {
        return path == null ? stateFolder.resolve(tag + SUFFIX) : Path.of(path);
    }

    /** Makes a file or device ready for a new journal. */
    static void prepare(Path file, UndoSpace space) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            refuseForeign(file);
            return;
        }
        if (Files.exists(file) && Files.size(file) > 0) {
            refuseForeign(file);
        }
        long free = Files.getFileStore(file.toAbsolutePath().getParent()).getUsableSpace();
        long room = Math.min(space.wantedBytes(), space.quarterOnly() ? free / 4 : free);
        if (room < space.neededBytes() && room < space.wantedBytes() || space.wantedBytes() < space.neededBytes()) {
            throw new IOException("the undo journal " + file + " may have " + Units.ofBytes(room) + " (" + Units.ofBytes(free)
                    + " are free there), the resync needs " + Units.ofBytes(space.neededBytes()));
        }
        if (Files.notExists(file)) {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        try (RandomAccessFile sized = new RandomAccessFile(file.toFile(), "rw")) {
            sized.setLength(0);
            sized.setLength(room & -4096L);
        }
        try (FileChannel folder = FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
            folder.force(true);
        }
    }

    private static void refuseForeign(Path file) throws IOException {
        ByteBuffer start = ByteBuffer.allocate(4096);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (start.hasRemaining() && channel.read(start) > 0) {
                // a short file is fine
            }
        }
        boolean zeros = true;
        for (int at = 0; at < start.position(); at++) {
            zeros &= start.get(at) == 0;
        }
        if (!zeros && (start.position() < 8 || start.getLong(0) != MAGIC)) {
            throw new IOException(file + " holds something that is not an undo journal; it is left alone. If it is worthless, zero "
                    + "its first 4096 bytes");
        }
    }

    /** Gives the space of a file back. */
    static void remove(Path file) throws IOException {
        if (Files.isRegularFile(file)) {
            refuseForeign(file);
            Files.delete(file);
        }
    }
}
