/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

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
        OpenOption direct = direct();
        Set<OpenOption> how = readOnly ? Set.of(StandardOpenOption.READ, direct)
                : Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, direct);
        return new DirectChannel(FileChannel.open(path, how), (int) blockBytes);
    }

    /** By name: newer compilers warn of this type, which module jdk.unsupported exports, and cannot be told not to. */
    private static OpenOption direct() {
        try {
            for (Object option : Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants()) {
                if (option.toString().equals("DIRECT")) {
                    return (OpenOption) option;
                }
            }
        } catch (ClassNotFoundException e) {
            throw new UnsupportedOperationException("this JVM cannot open files with O_DIRECT", e);
        }
        throw new UnsupportedOperationException("this JVM cannot open files with O_DIRECT");
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
