/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The file of a listening unix socket. A socket file that nobody listens on, left by a process that was killed, is taken
 * away before binding; a file of any other kind is never touched.
 */
final class UnixSocketFile {

    /** sizeof(sockaddr_un.sun_path) - 1 on Linux. */
    static final int MAX_PATH_BYTES = 107;
    private static final int TYPE_MASK = 0170000;
    private static final int TYPE_SOCKET = 0140000;

    private final Path path;
    /** Device and inode as bound, so that a successor's socket is not removed. */
    private final Object key;

    private UnixSocketFile(Path path, Object key) {
        this.path = path;
        this.key = key;
    }

    /** Makes the path free for binding; null, or the reason for people why it cannot be bound. */
    static String prepare(String socketPath) {
        if (socketPath.getBytes(StandardCharsets.UTF_8).length > MAX_PATH_BYTES) {
            return "the socket path is longer than the " + MAX_PATH_BYTES + " bytes that the kernel allows: " + socketPath;
        }
        Path path = Path.of(socketPath);
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return null;
        }
        try {
            int mode = (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
            if ((mode & TYPE_MASK) != TYPE_SOCKET) {
                return "a file that is not a socket is in the way and was left alone: " + socketPath;
            }
            if (isAnswered(path)) {
                return "address already in use: " + socketPath;
            }
            Files.deleteIfExists(path);
            return null;
        } catch (IOException e) {
            return LinkReasons.of(e) + ": " + socketPath;
        }
    }

    /** Anything but a refused connection, such as a full backlog, means that somebody is there. */
    private static boolean isAnswered(Path path) throws IOException {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.configureBlocking(false);
            probe.connect(UnixDomainSocketAddress.of(path));
            return true;
        } catch (ConnectException refused) {
            return false;
        } catch (IOException other) {
            return !"connection refused".equals(LinkReasons.of(other));
        }
    }

    /** Notes which file was made by binding and sets its permissions. */
    static UnixSocketFile bound(String socketPath, boolean ownerOnly) throws IOException {
        Path path = Path.of(socketPath);
        if (ownerOnly) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        }
        return new UnixSocketFile(path, key(path));
    }

    void remove() {
        try {
            if (key != null && key.equals(key(path))) {
                Files.deleteIfExists(path);
            }
        } catch (IOException alreadyGone) {
            // A file that stays behind is recognised as stale by the next listener.
            return;
        }
    }

    private static Object key(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).fileKey();
    }
}
