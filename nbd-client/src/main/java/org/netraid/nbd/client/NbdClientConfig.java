/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.netraid.nbd.wire.Compression;
import org.netraid.nbd.wire.Extension;
import org.netraid.nbd.wire.GenerationContext;
import org.netraid.nbd.wire.MetaContext;
import org.netraid.nbd.wire.NbdStrings;

/**
 * Limits and times of a client connection. All are checked once, here.
 *
 * @param connectTimeoutNs longest wait for the stream to open
 * @param handshakeTimeoutNs longest handshake, and longest wait for an orderly close
 * @param requestTimeoutNs longest wait for progress of a request that was sent; then the connection is given up
 * @param maxInFlight most commands on the wire at one time, 1 to 65536
 * @param maxBytesInFlight most payload (of writes sent and reads asked for) on the wire at one time; one command is always let through
 * @param maxQueued most requests waiting for a place on the wire; beyond it they end with ENOMEM
 * @param map metadata context that the device answers EXTENTS from: base:allocation for holes, or another one that the server may
 *     offer; then extended headers are used where offered, so that a request can be about
 *     64-bit ranges; "" for none, which spares round trips at every
 *     connection: a mirror's targets are never asked for their holes
 * @param extensions NetRAID's own additions to ask for; {@link NbdExport#has} tells which of them the server has
 * @param compression what to do to the payload of writes; unless OFF, zeros are sent as WRITE_ZEROES where that is offered, and what
 *     can be compressed is, to a server that has {@link Extension#LZ4}, which is asked for then
 * @param generation in which this side writes, for exports that are bound to one; {@link GenerationContext#NONE} to tell none
 */
public record NbdClientConfig(long connectTimeoutNs, long handshakeTimeoutNs, long requestTimeoutNs,
        int maxInFlight, long maxBytesInFlight, int maxQueued, String map, Set<Extension> extensions,
        Compression compression, long generation) {

    private static final long SECOND_NS = 1_000_000_000L;

    public NbdClientConfig {
        positive(connectTimeoutNs, "connect timeout");
        positive(handshakeTimeoutNs, "handshake timeout");
        positive(requestTimeoutNs, "request timeout");
        positive(maxInFlight, "number of commands in flight");
        positive(maxBytesInFlight, "number of bytes in flight");
        positive(maxQueued, "number of queued requests");
        if (maxInFlight > PendingReplies.MAX_CAPACITY) {
            throw new IllegalArgumentException(maxInFlight + " commands in flight are more than " + PendingReplies.MAX_CAPACITY);
        }
        NbdStrings.encode(map, "metadata context");
        extensions = Set.copyOf(extensions);
    }

    /** 5 s to connect, 10 s for the handshake, 10 s for an answer, 128 commands and 64 MiB in flight, 4096 waiting. */
    public static NbdClientConfig defaults() {
        return new NbdClientConfig(5 * SECOND_NS, 10 * SECOND_NS, 10 * SECOND_NS, 128, 64L << 20, 4096, "", Set.of(),
                Compression.OFF, GenerationContext.NONE);
    }

    public NbdClientConfig withRequestTimeoutNs(long timeoutNs) {
        return new NbdClientConfig(connectTimeoutNs, handshakeTimeoutNs, timeoutNs, maxInFlight, maxBytesInFlight, maxQueued,
                map, extensions, compression, generation);
    }

    public NbdClientConfig withConnectTimeoutNs(long timeoutNs) {
        return new NbdClientConfig(timeoutNs, handshakeTimeoutNs, requestTimeoutNs, maxInFlight, maxBytesInFlight, maxQueued,
                map, extensions, compression, generation);
    }

    public NbdClientConfig withHandshakeTimeoutNs(long timeoutNs) {
        return new NbdClientConfig(connectTimeoutNs, timeoutNs, requestTimeoutNs, maxInFlight, maxBytesInFlight, maxQueued,
                map, extensions, compression, generation);
    }

    public NbdClientConfig withLimits(int inFlight, long bytesInFlight, int queued) {
        return new NbdClientConfig(connectTimeoutNs, handshakeTimeoutNs, requestTimeoutNs, inFlight, bytesInFlight, queued,
                map, extensions, compression, generation);
    }

    /** EXTENTS tells holes and zeros, if the server does. */
    public NbdClientConfig withHoles(boolean on) {
        return withMap(on ? MetaContext.BASE_ALLOCATION : "");
    }

    /** EXTENTS tells what this metadata context says. */
    public NbdClientConfig withMap(String context) {
        return new NbdClientConfig(connectTimeoutNs, handshakeTimeoutNs, requestTimeoutNs, maxInFlight, maxBytesInFlight, maxQueued,
                context, extensions, compression, generation);
    }

    public NbdClientConfig withExtensions(Set<Extension> wanted) {
        return new NbdClientConfig(connectTimeoutNs, handshakeTimeoutNs, requestTimeoutNs, maxInFlight, maxBytesInFlight, maxQueued,
                map, wanted, compression, generation);
    }

    public NbdClientConfig withCompression(Compression wanted) {
        return new NbdClientConfig(connectTimeoutNs, handshakeTimeoutNs, requestTimeoutNs, maxInFlight, maxBytesInFlight, maxQueued,
                map, extensions, wanted, generation);
    }

    public NbdClientConfig withGeneration(long ours) {
        return new NbdClientConfig(connectTimeoutNs, handshakeTimeoutNs, requestTimeoutNs, maxInFlight, maxBytesInFlight, maxQueued,
                map, extensions, compression, ours);
    }

    private boolean wants(Extension extension) {
        return extensions.contains(extension) || extension == Extension.LZ4 && compression != Compression.OFF;
    }

    /** The metadata contexts to select. */
    List<String> contexts() {
        List<String> contexts = new ArrayList<>();
        if (!map.isEmpty()) {
            contexts.add(map);
        }
        for (Extension extension : Extension.values()) {
            if (wants(extension)) {
                contexts.add(extension.contextName());
            }
        }
        if (generation != GenerationContext.NONE) {
            contexts.add(GenerationContext.nameOf(generation));
        }
        return contexts;
    }

    private static void positive(long value, String what) {
        if (value < 1) {
            throw new IllegalArgumentException(what + " of " + value + " is below 1");
        }
    }
}
