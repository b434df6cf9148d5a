/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.io;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/** Closes connections beyond a number. All connections share one thread, so a plain counter does. */
final class ConnectionLimit {

    private final int limit;
    private int open;

    ConnectionLimit(int limit) {
        this.limit = limit;
    }

    ChannelHandler forOne() {
        return new ChannelInboundHandlerAdapter() {
            private boolean counted;

            @Override
            public void channelActive(ChannelHandlerContext context) {
                if (open >= limit) {
                    context.close();
                    return;
                }
                open++;
                counted = true;
                context.fireChannelActive();
            }

            @Override
            public void channelInactive(ChannelHandlerContext context) {
                if (counted) {
                    open--;
                    counted = false;
                }
                context.fireChannelInactive();
            }
        };
    }
}
