/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link;

import java.nio.ByteBuffer;
import org.netraid.block.StoredBytes;

/** One connected byte stream (TCP or unix socket). All methods on the owning event loop. */
public interface Link {

    /** The other end, for messages: {@code 127.0.0.1:10809} or a socket path. */
    String peer();

    /**
     * Queues bytes behind all earlier ones. The buffer belongs to the link until {@code released} runs; that
     * is never inside this call, and happens exactly once, whether the bytes were sent or the link died.
     * Nothing leaves before {@link #flush}.
     *
     * @param released told when the buffer may be reused; null if the caller never reuses it
     */
    void write(ByteBuffer bytes, Runnable released);

    /** True if {@link #transfer} can be used. Changes with {@link #startTls} only. */
    default boolean canTransfer() {
        return false;
    }

    /**
     * Queues bytes that a disk holds, as {@link #write} does. What cannot be read ends the link.
     *
     * @param released told when they are not needed any more
     */
    default void transfer(StoredBytes from, long offsetBytes, long lengthBytes, Runnable released) {
        throw new UnsupportedOperationException("not from a disk");
    }

    /** Sends what {@link #write} has queued. */
    void flush();

    /** False while more bytes wait than the link wants to hold; {@link LinkHandler#onWritable} ends it. */
    boolean isWritable();

    /**
     * Turns delivery of bytes on or off. Off: the socket is no longer read, so that the peer is slowed down.
     * Bytes the handler left unconsumed are delivered again when it is turned on.
     */
    void setReading(boolean on);

    /**
     * Turns the stream into TLS from the next byte on, in both directions; what was written before leaves in plain text. Once only.
     * Nothing is delivered until the handshake has ended well; then {@code secured} runs, never inside this call. A handshake that
     * fails or takes too long ends the link, and {@link LinkHandler#onClosed} says why. So does a plain byte that was received
     * before this call and not consumed: somebody on the way may have put it there.
     *
     * @param timeoutNs longest handshake
     */
    void startTls(LinkTls tls, long timeoutNs, Runnable secured);

    /** Sends what is queued, then closes. {@link LinkHandler#onClosed} follows. */
    void close();

    /** Closes at once and drops what is queued. {@link LinkHandler#onClosed} follows, never inside this call. */
    void abort();
}
