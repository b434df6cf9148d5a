/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioSocketChannel;
import jdk.net.ExtendedSocketOptions;

/**
 * What every TCP stream gets, at both ends: no delay of small packets, and probes on an idle stream, so that a peer that vanished
 * without a word (power, cable, firewall) is noticed within {@link #NOTICED_WITHIN_SECONDS} instead of the kernel's two hours. A
 * peer that lives and has nothing to say answers the probes in its kernel.
 */
final class TcpHabits {

    static final int IDLE_SECONDS = 20;
    static final int INTERVAL_SECONDS = 5;
    static final int PROBES = 4;
    static final int NOTICED_WITHIN_SECONDS = IDLE_SECONDS + PROBES * INTERVAL_SECONDS;

    private TcpHabits() {
    }

    /** Does nothing to a stream that is not TCP. */
    static void set(Channel channel) {
        if (!(channel instanceof SocketChannel)) {
            return;
        }
        set(channel, ChannelOption.TCP_NODELAY, true);
        set(channel, ChannelOption.SO_KEEPALIVE, true);
        boolean nio = channel instanceof NioSocketChannel;
        set(channel, nio ? NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE) : EpollChannelOption.TCP_KEEPIDLE, IDLE_SECONDS);
        set(channel, nio ? NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL) : EpollChannelOption.TCP_KEEPINTVL,
                INTERVAL_SECONDS);
        set(channel, nio ? NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT) : EpollChannelOption.TCP_KEEPCNT, PROBES);
    }

    private static <T> void set(Channel channel, ChannelOption<T> option, T value) {
        channel.config().setOption(option, value);
    }
}
