/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

/**
 * Everything a client could use up, bounded.
 *
 * @param maxConnections sessions at one time; further links are refused
 * @param maxPerAddress sessions of one network address at one time; 0 for no limit of its own. Clients of a unix socket have no address
 * @param maxRequestsInFlight requests of one session that are with the device or waiting to be sent; then its link is not read
 * @param maxBytesInFlight payload bytes of one session at one time, at least one largest payload; then its link is not read
 * @param maxOptions options one client may send before transmission; then it is disconnected
 * @param maxOptionBytes option data that is read; longer data is skipped and answered with ERR_TOO_BIG
 * @param handshakeTimeoutNs a client that has not opened an export by then is disconnected
 * @param idleTimeoutNs a client that has sent nothing for so long and awaits nothing is disconnected; 0 for never
 * @param memoryStallNs a client that holds memory others wait for, and neither reads nor sends, is disconnected after this
 * @param shutdownGraceNs at shutdown, how long further requests are answered with ESHUTDOWN before an idle link is closed
 * @param shutdownTimeoutNs at shutdown, when links are cut that still have not taken their replies
 */
public record ServerLimits(int maxConnections, int maxPerAddress, int maxRequestsInFlight, long maxBytesInFlight, int maxOptions,
        int maxOptionBytes, long handshakeTimeoutNs, long idleTimeoutNs, long memoryStallNs, long shutdownGraceNs,
        long shutdownTimeoutNs) {

    private static final long SECOND_NS = 1_000_000_000L;

    public static final ServerLimits DEFAULT = new ServerLimits(1024, 0, 128, 64 << 20, 128, 256 << 10,
            30 * SECOND_NS, 0, 5 * SECOND_NS, SECOND_NS / 10, 10 * SECOND_NS);

    /** Option data longer than this is read only while {@link #MAX_OPTION_MEMORY_BYTES} allows; no name or short list reaches it. */
    static final int SMALL_OPTION_BYTES = 8192;

    /** Long option data of all sessions together; beyond it, it is answered with ERR_TOO_BIG. */
    static final long MAX_OPTION_MEMORY_BYTES = 8 << 20;

    /** Option data that is skipped rather than taken for an attack. */
    static final long MAX_SKIPPED_OPTION_BYTES = 32 << 20;

    public ServerLimits {
        atLeast(maxConnections, 1, "maxConnections");
        atLeast(maxPerAddress, 0, "maxPerAddress");
        atLeast(maxRequestsInFlight, 1, "maxRequestsInFlight");
        atLeast(maxBytesInFlight, BufferPool.LARGEST_BYTES, "maxBytesInFlight");
        atLeast(maxOptions, 4, "maxOptions");
        atLeast(maxOptionBytes, 8192, "maxOptionBytes");
        atLeast(handshakeTimeoutNs, 1, "handshakeTimeoutNs");
        atLeast(idleTimeoutNs, 0, "idleTimeoutNs");
        atLeast(memoryStallNs, 1, "memoryStallNs");
        atLeast(shutdownGraceNs, 0, "shutdownGraceNs");
        atLeast(shutdownTimeoutNs, shutdownGraceNs, "shutdownTimeoutNs");
    }

    private static void atLeast(long value, long minimum, String name) {
        if (value < minimum) {
            throw new IllegalArgumentException(name + " " + value + " is below " + minimum);
        }
    }

    public ServerLimits withMaxConnections(int connections) {
        return new ServerLimits(connections, maxPerAddress, maxRequestsInFlight, maxBytesInFlight, maxOptions, maxOptionBytes,
                handshakeTimeoutNs, idleTimeoutNs, memoryStallNs, shutdownGraceNs, shutdownTimeoutNs);
    }

    public ServerLimits withInFlight(int requests, long bytes) {
        return new ServerLimits(maxConnections, maxPerAddress, requests, bytes, maxOptions, maxOptionBytes,
                handshakeTimeoutNs, idleTimeoutNs, memoryStallNs, shutdownGraceNs, shutdownTimeoutNs);
    }

    public ServerLimits withIdleTimeout(long timeoutNs) {
        return new ServerLimits(maxConnections, maxPerAddress, maxRequestsInFlight, maxBytesInFlight, maxOptions, maxOptionBytes,
                handshakeTimeoutNs, timeoutNs, memoryStallNs, shutdownGraceNs, shutdownTimeoutNs);
    }

    public ServerLimits withMaxPerAddress(int connections) {
        return new ServerLimits(maxConnections, connections, maxRequestsInFlight, maxBytesInFlight, maxOptions, maxOptionBytes,
                handshakeTimeoutNs, idleTimeoutNs, memoryStallNs, shutdownGraceNs, shutdownTimeoutNs);
    }

    public ServerLimits withHandshakeTimeout(long timeoutNs) {
        return new ServerLimits(maxConnections, maxPerAddress, maxRequestsInFlight, maxBytesInFlight, maxOptions, maxOptionBytes,
                timeoutNs, idleTimeoutNs, memoryStallNs, shutdownGraceNs, shutdownTimeoutNs);
    }
}
