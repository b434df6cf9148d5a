/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link;

import java.nio.ByteBuffer;

/** The user of one {@link Link}. Called on the link's event loop only. */
public interface LinkHandler {

    /** The stream is up. First call, exactly once. */
    void onOpen(Link link);

    /**
     * Bytes have arrived. The buffer is valid during the call only. The handler consumes by moving the position;
     * it must consume everything unless it has turned reading off, in which case the rest is kept and
     * delivered again, with what has come meanwhile, when reading is on.
     */
    void onBytes(ByteBuffer bytes);

    /**
     * Where the handler wants the bytes that come next, which saves copying a long payload: a direct buffer with room from
     * its position to its limit, or null for {@link #onBytes}. The link may fill it or not. It asks before each read, never
     * inside another call, and uses the buffer only before it asks again or delivers something.
     */
    default ByteBuffer receiveBuffer() {
        return null;
    }

    /** The link has put so many bytes, at least one, at the position of {@link #receiveBuffer}, and has not moved it. */
    default void onReceived(int countBytes) {
        throw new IllegalStateException("bytes were received into a buffer that was not offered");
    }

    /** The link takes bytes again after {@link Link#isWritable} was false. */
    default void onWritable() {
    }

    /**
     * The stream is gone: closed by either side, reset, or never to be heard of again. Last call, exactly once
     * if {@link #onOpen} was called.
     *
     * @param reason for people
     */
    void onClosed(String reason);
}
