/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block;

import java.nio.ByteBuffer;

/**
 * The content of a disk that the system keeps in its own memory, from where it can go into a socket without a way through ours. On the
 * disk's event loop.
 */
public interface StoredBytes {

    /**
     * Reads a little of it, at once.
     *
     * @param into filled from its position to its limit
     * @return false if that failed
     */
    boolean peek(long offsetBytes, ByteBuffer into);
}
