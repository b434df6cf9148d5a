/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import jnr.ffi.LibraryLoader;
import org.netraid.link.LinkAddress;

/**
 * A listening socket that another process has made and handed over by file descriptor, as systemd does (socket activation). What it is, the
 * kernel tells in {@code /proc}.
 */
public final class InheritedSocket {

    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int O_NONBLOCK = 04000;

    /** Bound by JNR-FFI by method name. */
    public interface Calls {
        int fcntl(int fd, int command, int argument);
    }

    private final int fd;
    /** Path of a unix socket; null for TCP. */
    private final String socketPath;

    private InheritedSocket(int fd, String socketPath) {
        this.fd = fd;
        this.socketPath = socketPath;
    }

    /** @throws IOException with a reason for people, if there is no socket with this number */
    public static InheritedSocket of(int fd) throws IOException {
        String link;
        try {
            link = Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)).toString();
        } catch (IOException e) {
            throw new IOException("file descriptor " + fd + " is not open");
        }
        if (!link.startsWith("socket:[")) {
            throw new IOException("file descriptor " + fd + " is not a socket but " + link);
        }
        String inode = link.substring("socket:[".length(), link.length() - 1);
        for (String line : Files.readAllLines(Path.of("/proc/net/unix"))) {
            String[] words = line.strip().split("\\s+");
            if (words.length >= 7 && words[6].equals(inode)) {
                return new InheritedSocket(fd, words.length > 7 ? words[7] : "(unnamed socket)");
            }
        }
        return new InheritedSocket(fd, null);
    }

    /** Makes it a channel. Accepting must never block the loop, whatever the other process has chosen. */
    ServerChannel channel() {
        Calls calls = LibraryLoader.create(Calls.class).load("c");
        calls.fcntl(fd, F_SETFL, calls.fcntl(fd, F_GETFL, 0) | O_NONBLOCK);
        return socketPath != null ? new EpollServerDomainSocketChannel(fd, true) : new EpollServerSocketChannel(fd);
    }

    LinkAddress address(ServerChannel channel) {
        if (socketPath != null) {
            return LinkAddress.unix(socketPath);
        }
        InetSocketAddress local = (InetSocketAddress) channel.localAddress();
        return LinkAddress.tcp(local.getAddress().getHostAddress(), local.getPort());
    }
}
