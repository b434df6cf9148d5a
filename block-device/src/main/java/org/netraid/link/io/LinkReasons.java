/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import io.netty.channel.ConnectTimeoutException;
import java.io.FileNotFoundException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;

/** Turns what Netty and the JDK throw into a few words for people; the only place that reads such messages. */
final class LinkReasons {

    static final String CLOSED_HERE = "closed by this side";
    static final String ABORTED_HERE = "aborted by this side";
    static final String CLOSED_THERE = "closed by the other end";

    /** What the kernel says, as it stands somewhere in the exception's message; the more special first. */
    private static final String[] KNOWN = {"connection refused", "connection reset", "broken pipe", "address already in use",
        "no such file or directory", "permission denied", "cannot assign requested address", "network is unreachable",
        "no route to host", "host is unreachable", "too many open files", "not a directory", "file name too long",
        "read-only file system", "no space left on device", "resource temporarily unavailable", "protocol wrong type for socket",
        "connection timed out"};

    private LinkReasons() {
    }

    static String of(Throwable cause) {
        if (cause instanceof ConnectTimeoutException) {
            return "connection timed out";
        }
        if (cause instanceof FileNotFoundException || cause instanceof NoSuchFileException) {
            return "no such file or directory";
        }
        if (cause instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (TlsReasons.isTls(cause)) {
            return TlsReasons.of(cause);
        }
        String message = cause.getMessage();
        if (message == null) {
            return "input/output error (" + cause.getClass().getSimpleName() + ")";
        }
        String lower = message.toLowerCase(Locale.ROOT);
        for (String known : KNOWN) {
            if (lower.contains(known)) {
                return known.equals("connection reset") || known.equals("broken pipe") ? "connection reset by the other end" : known;
            }
        }
        return lower;
    }

    /** {@code 127.0.0.1:10809} or {@code [::1]:10809}; {@code otherwise} for an address without one. */
    static String name(SocketAddress address, String otherwise) {
        if (!(address instanceof InetSocketAddress inet)) {
            return otherwise;
        }
        InetAddress ip = inet.getAddress();
        String host = ip == null ? inet.getHostString() : ip.getHostAddress();
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + inet.getPort();
    }
}
