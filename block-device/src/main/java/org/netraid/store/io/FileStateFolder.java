/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.store.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.netraid.store.StateFolder;
import org.netraid.store.StateFolderException;

/**
 * A state folder on a local file system, owned by one process at a time.
 *
 * <pre>
 *   write(F):  F.tmp written -> fsync F.tmp -> rename F.tmp to F -> fsync folder
 *   crash at any point: F is old or new; a left-over F.tmp is removed at the next open
 * </pre>
 *
 * <p>The folder is made with mode 0700, files with 0600. Synchronous; call it on the owner's loop at changes of state only.
 */
public final class FileStateFolder implements StateFolder, AutoCloseable {

    static final String TEMPORARY = ".tmp";
    private static final int MAX_NAME_CHARS = 200;
    private static final int MAX_FILES = 10_000;

    private static final FileAttribute<?> OWNER_FOLDER =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final FileAttribute<?> OWNER_FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Path folder;
    private final FolderLock lock;

    private FileStateFolder(Path folder, FolderLock lock) {
        this.folder = folder;
        this.lock = lock;
    }

    /**
     * Makes the folder if it is missing and locks it until {@link #close}.
     *
     * @throws StateFolderException if it cannot be made or used, or is in use
     */
    public static FileStateFolder open(Path folder) {
        FolderLock lock;
        try {
            make(folder);
            checkPrivate(folder);
            lock = FolderLock.take(folder, OWNER_FILE);
        } catch (IOException e) {
            throw failure("open", folder.toString(), e);
        }
        FileStateFolder opened = new FileStateFolder(folder, lock);
        try {
            opened.removeLeftOvers();
        } catch (IOException e) {
            lock.release();
            throw failure("clean up", folder.toString(), e);
        }
        return opened;
    }

    private static void make(Path folder) throws IOException {
        try {
            Files.createDirectory(folder, OWNER_FOLDER);
        } catch (FileAlreadyExistsException there) {
            if (!Files.isDirectory(folder)) {
                throw new StateFolderException("the state folder " + folder
                        + " is a file; give the path of a folder", there);
            }
            return;
        } catch (NoSuchFileException noParent) {
            throw new StateFolderException("the state folder " + folder
                    + " cannot be made because the folder above it does not exist; create that one first", noParent);
        }
        Path parent = folder.toAbsolutePath().getParent();
        if (parent != null) {
            sync(parent);
        }
    }

    /** Others who can write here could forge the flags that decide who may start. */
    private static void checkPrivate(Path folder) throws IOException {
        Set<PosixFilePermission> who = Files.getPosixFilePermissions(folder);
        if (who.contains(PosixFilePermission.GROUP_WRITE) || who.contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new StateFolderException("the state folder " + folder
                    + " can be written by others than its owner; run: chmod 700 " + folder, null);
        }
    }

    private void removeLeftOvers() throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, "*" + TEMPORARY)) {
            for (Path entry : entries) {
                Files.deleteIfExists(entry);
            }
        }
    }

    @Override
    public String name() {
        return folder.toString();
    }

    @Override
    public Optional<byte[]> read(String fileName) {
        Path file = file(fileName);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size > MAX_FILE_BYTES) {
                throw new StateFolderException(file + " has " + size + " bytes, more than a state file can have ("
                        + MAX_FILE_BYTES + "); it was not written by NetRAID: move it away", null);
            }
            ByteBuffer content = ByteBuffer.allocate((int) size);
            while (content.hasRemaining() && channel.read(content) >= 0) {
                continue;
            }
            if (content.hasRemaining()) {
                throw new IOException("the file became shorter while it was read");
            }
            return Optional.of(content.array());
        } catch (NoSuchFileException missing) {
            return Optional.empty();
        } catch (IOException e) {
            throw failure("read", file.toString(), e);
        }
    }

    @Override
    public void write(String fileName, byte[] content) {
        Path file = file(fileName);
        if (content.length > MAX_FILE_BYTES) {
            throw new StateFolderException(file + ": " + content.length + " bytes are more than a state file can have ("
                    + MAX_FILE_BYTES + ")", null);
        }
        Path temporary = folder.resolve(fileName + TEMPORARY);
        try {
            writeDurably(temporary, content);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
            sync(folder);
        } catch (IOException e) {
            throw failure("write", file.toString(), e);
        }
    }

    private static void writeDurably(Path temporary, byte[] content) throws IOException {
        Set<OpenOption> how = Set.of(StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        try (FileChannel channel = FileChannel.open(temporary, how, OWNER_FILE)) {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        } catch (IOException e) {
            try {
                Files.deleteIfExists(temporary);
            } catch (IOException second) {
                e.addSuppressed(second);
            }
            throw e;
        }
    }

    @Override
    public void delete(String fileName) {
        Path file = file(fileName);
        try {
            if (Files.deleteIfExists(file)) {
                sync(folder);
            }
        } catch (IOException e) {
            throw failure("delete", file.toString(), e);
        }
    }

    @Override
    public List<String> list() {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (!name.endsWith(TEMPORARY) && !name.equals(FolderLock.FILE_NAME)) {
                    names.add(name);
                }
                if (names.size() > MAX_FILES) {
                    throw new IOException("more than " + MAX_FILES + " files");
                }
            }
        } catch (IOException e) {
            throw failure("list", folder.toString(), e);
        }
        Collections.sort(names);
        return names;
    }

    /** Gives the folder up. */
    @Override
    public void close() {
        lock.release();
    }

    private Path file(String fileName) {
        if (lock.isReleased()) {
            throw new StateFolderException("the state folder " + folder + " has been closed", null);
        }
        String fault = fault(fileName);
        if (fault != null) {
            throw new StateFolderException("not a name for a file in the state folder " + folder + ": " + fault, null);
        }
        return folder.resolve(fileName);
    }

    private static String fault(String fileName) {
        if (fileName.isEmpty() || fileName.length() > MAX_NAME_CHARS) {
            return fileName.length() + " characters, where 1 to " + MAX_NAME_CHARS + " are allowed";
        }
        for (int i = 0; i < fileName.length(); i++) {
            char c = fileName.charAt(i);
            if (c <= ' ' || c > '~' || c == '/') {
                return "character " + (int) c + " at place " + (i + 1);
            }
        }
        if (fileName.startsWith(".") || fileName.endsWith(TEMPORARY) || fileName.equals(FolderLock.FILE_NAME)) {
            return "'" + fileName + "' is reserved";
        }
        return null;
    }

    private static void sync(Path folder) throws IOException {
        try (FileChannel entries = FileChannel.open(folder, StandardOpenOption.READ)) {
            entries.force(true);
        }
    }

    private static StateFolderException failure(String what, String path, IOException e) {
        String reason = e instanceof FileSystemException file && file.getReason() != null ? file.getReason() : e.getMessage();
        String cure = "check the disk that holds it";
        if (e instanceof AccessDeniedException) {
            reason = "permission denied";
            cure = "run as the owner of the folder";
        } else if (String.valueOf(reason).contains("No space left") || String.valueOf(reason).contains("uota exceeded")) {
            cure = "free some space there and try again";
        } else if (String.valueOf(reason).contains("Read-only file system")) {
            cure = "remount the file system writable";
        }
        return new StateFolderException("cannot " + what + " " + path + ": " + reason + "; " + cure, e);
    }
}
