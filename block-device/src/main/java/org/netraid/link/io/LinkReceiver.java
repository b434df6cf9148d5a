/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import java.util.function.Supplier;

/** Lets the link choose where the next bytes of its socket go, instead of a new buffer for each read. */
final class LinkReceiver extends DefaultMaxMessagesRecvByteBufAllocator {

    private final int maxReadBytes;
    private final Supplier<ByteBuf> target;

    /** @param target asked before each read; null for a new buffer of {@code maxReadBytes} */
    LinkReceiver(int maxReadBytes, Supplier<ByteBuf> target) {
        this.maxReadBytes = maxReadBytes;
        this.target = target;
    }

    @Override
    public ExtendedHandle newHandle() {
        return new MaxMessageHandle() {
            @Override
            public int guess() {
                return maxReadBytes;
            }

            @Override
            public ByteBuf allocate(ByteBufAllocator allocator) {
                ByteBuf chosen = target.get();
                return chosen != null ? chosen : super.allocate(allocator);
            }
        };
    }
}
