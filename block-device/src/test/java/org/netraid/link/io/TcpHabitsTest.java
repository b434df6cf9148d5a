/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.socket.nio.NioChannelOption;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TcpHabitsTest {

    @ParameterizedTest
    @EnumSource(NettyTransport.class)
    void shouldSetNoDelayAndKeepAlive(NettyTransport transport) throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                NettyRuntime runtime = new NettyRuntime(transport, "test", 1, thrown -> { })) {
            Channel channel = new Bootstrap().group(runtime.loop(0).netty()).channel(transport.stream(false))
                    .handler(new ChannelInboundHandlerAdapter())
                    .connect(new InetSocketAddress(server.getInetAddress(), server.getLocalPort())).sync().channel();
            TcpHabits.set(channel);
            assertThat(channel.config().getOption(ChannelOption.TCP_NODELAY)).isTrue();
            assertThat(channel.config().getOption(ChannelOption.SO_KEEPALIVE)).isTrue();
            boolean nio = transport == NettyTransport.NIO;
            assertThat(channel.config().getOption(nio ? NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE)
                    : EpollChannelOption.TCP_KEEPIDLE)).isEqualTo(TcpHabits.IDLE_SECONDS);
            assertThat(channel.config().getOption(nio ? NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT)
                    : EpollChannelOption.TCP_KEEPCNT)).isEqualTo(TcpHabits.PROBES);
            assertThat(TcpHabits.NOTICED_WITHIN_SECONDS).isLessThanOrEqualTo(60);
            channel.close().sync();
        }
    }
}
