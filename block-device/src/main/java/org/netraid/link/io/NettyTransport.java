/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import io.netty.channel.Channel;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;

/** The two ways to reach the kernel's sockets. Epoll costs less per event; NIO needs no native library. */
public enum NettyTransport {
    EPOLL {
        @Override
        IoHandlerFactory ioHandler(boolean spins) {
            return spins ? EpollIoHandler.newFactory(0, BriefSpin::new) : EpollIoHandler.newFactory();
        }

        @Override
        Class<? extends Channel> stream(boolean unix) {
            return unix ? EpollDomainSocketChannel.class : EpollSocketChannel.class;
        }

        @Override
        Class<? extends ServerChannel> server(boolean unix) {
            return unix ? EpollServerDomainSocketChannel.class : EpollServerSocketChannel.class;
        }

        @Override
        SocketAddress unixAddress(String path) {
            return new DomainSocketAddress(path);
        }
    },
    NIO {
        @Override
        IoHandlerFactory ioHandler(boolean spins) {
            return NioIoHandler.newFactory();
        }

        @Override
        Class<? extends Channel> stream(boolean unix) {
            return unix ? NioDomainSocketChannel.class : NioSocketChannel.class;
        }

        @Override
        Class<? extends ServerChannel> server(boolean unix) {
            return unix ? NioServerDomainSocketChannel.class : NioServerSocketChannel.class;
        }

        @Override
        SocketAddress unixAddress(String path) {
            return UnixDomainSocketAddress.of(path);
        }
    };

    /** Epoll if its library is there and loads on this machine. */
    public static NettyTransport best() {
        return Epoll.isAvailable() ? EPOLL : NIO;
    }

    /** @param spins whether a loop may look for events for some microseconds before it sleeps, where the transport can */
    abstract IoHandlerFactory ioHandler(boolean spins);

    abstract Class<? extends Channel> stream(boolean unix);

    abstract Class<? extends ServerChannel> server(boolean unix);

    abstract SocketAddress unixAddress(String path);
}
