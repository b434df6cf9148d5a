/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.store.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.netraid.store.StateFolderException;

/**
 * The file {@code lock} in a state folder: held by the owning process, naming its pid. The kernel gives it free when the
 * process dies, however it dies, so there is nothing to clean up.
 *
 * <p>A file lock belongs to the process and is lost when <em>any</em> descriptor of the file is closed in it. Therefore the
 * folders locked by this process are remembered, and a second attempt ends before it opens the file.
 */
final class FolderLock {

    static final String FILE_NAME = "lock";
    private static final int MAX_PID_BYTES = 20;
    private static final Set<Path> HELD_BY_THIS_PROCESS = ConcurrentHashMap.newKeySet();

    private final Path realFolder;
    private final FileChannel channel;
    private boolean released;

    private FolderLock(Path realFolder, FileChannel channel) {
        this.realFolder = realFolder;
        this.channel = channel;
    }

    /** @throws StateFolderException if somebody else holds the folder */
    static FolderLock take(Path folder, FileAttribute<?> permissions) throws IOException {
        Path real = folder.toRealPath();
        if (!HELD_BY_THIS_PROCESS.add(real)) {
            throw inUse(folder, "this process, pid " + ProcessHandle.current().pid());
        }
        FileChannel channel = null;
        boolean taken = false;
        try {
            channel = FileChannel.open(folder.resolve(FILE_NAME), Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ,
                    StandardOpenOption.WRITE), permissions);
            FileLock lock = channel.tryLock();
            if (lock == null) {
                throw inUse(folder, owner(channel));
            }
            writePid(channel);
            taken = true;
            return new FolderLock(real, channel);
        } finally {
            if (!taken) {
                HELD_BY_THIS_PROCESS.remove(real);
                if (channel != null) {
                    channel.close();
                }
            }
        }
    }

    private static StateFolderException inUse(Path folder, String owner) {
        return new StateFolderException("the state folder " + folder + " is in use by " + owner
                + "; stop that one first, or give this node a folder of its own", null);
    }

    private static String owner(FileChannel channel) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(MAX_PID_BYTES);
        channel.read(text, 0);
        String pid = new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII).trim();
        return pid.matches("[0-9]+") ? "another process, pid " + pid : "another process";
    }

    /** For people only, so not synced. */
    private static void writePid(FileChannel channel) throws IOException {
        channel.truncate(0);
        channel.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)), 0);
    }

    boolean isReleased() {
        return released;
    }

    void release() {
        if (released) {
            return;
        }
        released = true;
        try {
            channel.close();
        } catch (IOException e) {
            throw new StateFolderException("cannot give up the state folder " + realFolder + ": " + e.getMessage(), e);
        } finally {
            HELD_BY_THIS_PROCESS.remove(realFolder);
        }
    }
}
