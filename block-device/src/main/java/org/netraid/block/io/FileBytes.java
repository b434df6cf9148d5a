/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.netraid.block.StoredBytes;

/** The content of a file or block device, in the page cache. */
public final class FileBytes implements StoredBytes {

    private final FileChannel channel;

    private FileBytes(FileChannel channel) {
        this.channel = channel;
    }

    /** @param channel stays the caller's, and open while the bytes are in use */
    public static FileBytes of(FileChannel channel) {
        return new FileBytes(channel);
    }

    @Override
    public boolean peek(long offsetBytes, ByteBuffer into) {
        try {
            for (long at = offsetBytes; into.hasRemaining();) {
                int count = channel.read(into, at);
                if (count <= 0) {
                    return false;
                }
                at += count;
            }
            return true;
        } catch (IOException unreadable) {
            // who reads it all will hear of it
            return false;
        }
    }

    /** For sendfile; stays open. */
    public FileChannel channel() {
        return channel;
    }
}
