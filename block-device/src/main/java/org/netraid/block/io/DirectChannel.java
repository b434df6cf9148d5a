/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import com.sun.nio.file.ExtendedOpenOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/** A disk opened a second time with O_DIRECT, for those requests that fulfil the kernel's conditions. */
final class DirectChannel implements AutoCloseable {

    private final FileChannel channel;
    private final int blockBytes;

    private DirectChannel(FileChannel channel, int blockBytes) {
        this.channel = channel;
        this.blockBytes = blockBytes;
    }

    /** @throws UnsupportedOperationException the file system has no O_DIRECT */
    static DirectChannel open(Path path, boolean readOnly) throws IOException {
        // what the JDK checks each call against
        long blockBytes = Files.getFileStore(path).getBlockSize();
        if (Long.bitCount(blockBytes) != 1 || blockBytes > 1 << 20) {
            throw new UnsupportedOperationException("blocks of " + blockBytes + " bytes");
        }
        Set<OpenOption> how = readOnly ? Set.of(StandardOpenOption.READ, ExtendedOpenOption.DIRECT)
                : Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, ExtendedOpenOption.DIRECT);
        return new DirectChannel(FileChannel.open(path, how), (int) blockBytes);
    }

    boolean takes(ByteBuffer data, long offsetBytes) {
        int mask = blockBytes - 1;
        return data.isDirect() && ((offsetBytes | data.remaining()) & mask) == 0
                && data.alignmentOffset(data.position(), blockBytes) == 0;
    }

    FileChannel channel() {
        return channel;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
