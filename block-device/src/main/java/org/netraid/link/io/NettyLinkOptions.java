/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

/**
 * Limits and habits of the links of one factory.
 *
 * @param writeLowBytes a link that was full takes bytes again below this many queued bytes
 * @param writeHighBytes a link says it is full above this many queued bytes
 * @param maxReadBytes most bytes taken from a socket in one read
 * @param backlog connections the kernel holds for a listening socket that is slow to accept
 * @param closeTimeoutNs {@code close()} turns into {@code abort()} if the other end has not taken the queued bytes by then
 * @param ownerOnly unix sockets are made with mode 0600, so that only their owner (and root) may connect
 */
public record NettyLinkOptions(int writeLowBytes, int writeHighBytes, int maxReadBytes, int backlog, long closeTimeoutNs,
        boolean ownerOnly) {

    public static final NettyLinkOptions DEFAULT = new NettyLinkOptions(1 << 20, 4 << 20, 256 << 10, 128, 2_000_000_000L, false);

    public NettyLinkOptions {
        if (writeLowBytes < 0 || writeHighBytes < writeLowBytes || maxReadBytes < 512 || backlog < 1 || closeTimeoutNs < 0) {
            throw new IllegalArgumentException("link options out of range: low mark " + writeLowBytes + ", high mark "
                    + writeHighBytes + ", read size " + maxReadBytes + ", backlog " + backlog + ", close timeout " + closeTimeoutNs);
        }
    }

    public NettyLinkOptions withWaterMarks(int lowBytes, int highBytes) {
        return new NettyLinkOptions(lowBytes, highBytes, maxReadBytes, backlog, closeTimeoutNs, ownerOnly);
    }

    public NettyLinkOptions withMaxReadBytes(int bytes) {
        return new NettyLinkOptions(writeLowBytes, writeHighBytes, bytes, backlog, closeTimeoutNs, ownerOnly);
    }

    public NettyLinkOptions withCloseTimeoutNs(long timeoutNs) {
        return new NettyLinkOptions(writeLowBytes, writeHighBytes, maxReadBytes, backlog, timeoutNs, ownerOnly);
    }

    public NettyLinkOptions withOwnerOnly(boolean on) {
        return new NettyLinkOptions(writeLowBytes, writeHighBytes, maxReadBytes, backlog, closeTimeoutNs, on);
    }
}
