/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.netraid.link.LinkAddress;
import org.netraid.link.LinkFactory;
import org.netraid.link.LinkHandler;
import org.netraid.time.EventLoop;

/**
 * Makes {@link NettyLink}s on one loop: TCP with TCP_NODELAY, and unix stream sockets. {@code connect} and {@code listen}
 * may be called from any thread; every callback runs on the loop, never inside the call.
 */
public final class NettyLinkFactory implements LinkFactory {

    /** A unix socket keeps the 208 KiB it is born with, which a payload of 1 MiB fills five times; TCP grows by itself. */
    private static final int UNIX_SEND_BYTES = 512 << 10;

    private final NettyEventLoop loop;
    private final NettyTransport transport;
    private final NameResolver resolver;
    private final TlsTasks tlsTasks;
    private final NettyLinkOptions options;

    NettyLinkFactory(NettyEventLoop loop, NettyTransport transport, NameResolver resolver, TlsTasks tlsTasks, NettyLinkOptions options) {
        this.tlsTasks = tlsTasks;
        this.loop = loop;
        this.transport = transport;
        this.resolver = resolver;
        this.options = options;
    }

    // Connecting

    @Override
    public void connect(LinkAddress address, long timeoutNs, LinkHandler handler, Consumer<String> failed) {
        loop.execute(() -> {
            Attempt attempt = new Attempt(address, handler, failed);
            attempt.timer = loop.schedule(timeoutNs, () -> attempt.fail("connection timed out"));
            if (address.isUnix()) {
                attempt.tryNext(transport.unixAddress(address.socketPath()));
            } else {
                resolver.resolve(address.host(), loop, attempt::tryAll, attempt::fail);
            }
        });
    }

    /** One call of connect: goes through the host's addresses until one answers or the time is up. */
    private final class Attempt {
        private final LinkAddress address;
        private final LinkHandler handler;
        private final Consumer<String> failed;
        private EventLoop.Timer timer;
        private InetAddress[] hosts = new InetAddress[0];
        private int nextHost;
        private Channel channel;
        private boolean over;

        Attempt(LinkAddress address, LinkHandler handler, Consumer<String> failed) {
            this.address = address;
            this.handler = handler;
            this.failed = failed;
        }

        void tryAll(InetAddress[] found) {
            hosts = found;
            tryNext(new InetSocketAddress(hosts[nextHost++], address.port()));
        }

        void tryNext(SocketAddress target) {
            if (over) {
                return;
            }
            Bootstrap bootstrap = new Bootstrap().group(loop.netty()).channel(transport.stream(address.isUnix()))
                    // The attempt's own timer covers the look-up and all addresses together.
                    .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0)
                    .handler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel made) {
                            setUp(made, LinkReasons.name(target, address.toString()), handler, Attempt.this::win);
                        }
                    });
            ChannelFuture connecting = bootstrap.connect(target);
            channel = connecting.channel();
            connecting.addListener(done -> {
                if (!done.isSuccess()) {
                    onRefused(LinkReasons.of(done.cause()));
                }
            });
        }

        private void onRefused(String reason) {
            if (!over && nextHost < hosts.length) {
                tryNext(new InetSocketAddress(hosts[nextHost++], address.port()));
            } else {
                fail(reason);
            }
        }

        void fail(String reason) {
            if (over) {
                return;
            }
            over = true;
            timer.cancel();
            if (channel != null) {
                channel.close();
            }
            tell(() -> failed.accept(reason));
        }

        /** Ends the attempt when a stream is up; false if it came too late. */
        private boolean win() {
            boolean inTime = !over;
            over = true;
            timer.cancel();
            return inTime;
        }
    }

    // Listening

    @Override
    public void listen(LinkAddress address, Function<String, LinkHandler> accept, Consumer<Listening> bound,
            Consumer<String> failed) {
        loop.execute(() -> {
            if (!address.isUnix()) {
                resolver.resolve(address.host(), loop,
                        hosts -> bind(address, new InetSocketAddress(hosts[0], address.port()), accept, bound, failed), failed);
                return;
            }
            String obstacle = UnixSocketFile.prepare(address.socketPath());
            if (obstacle != null) {
                failed.accept(obstacle);
            } else {
                bind(address, transport.unixAddress(address.socketPath()), accept, bound, failed);
            }
        });
    }

    /**
     * Listens on a socket that another process has bound. Needs epoll. The socket's file, if it has one, stays when this ends.
     *
     * @param accept as {@link #listen}
     * @param bound gets the address
     * @param failed gets a reason for people
     */
    public void adopt(InheritedSocket socket, Function<String, LinkHandler> accept, Consumer<Listening> bound, Consumer<String> failed) {
        loop.execute(() -> {
            if (transport != NettyTransport.EPOLL) {
                failed.accept("a socket made by another process needs epoll, which this machine does not have");
                return;
            }
            ServerChannel channel = socket.channel();
            LinkAddress address = socket.address(channel);
            ServerBootstrap bootstrap = new ServerBootstrap().group(loop.netty(), loop.netty()).channelFactory(() -> channel)
                    .childHandler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel made) {
                            setUpAccepted(made, address, accept);
                        }
                    });
            bootstrap.register().addListener(done -> tell(() -> {
                if (done.isSuccess()) {
                    bound.accept(new NettyListening(address, channel, null));
                } else {
                    failed.accept(LinkReasons.of(done.cause()) + ": " + address);
                }
            }));
        });
    }

    private void bind(LinkAddress address, SocketAddress local, Function<String, LinkHandler> accept, Consumer<Listening> bound,
            Consumer<String> failed) {
        ServerBootstrap bootstrap = new ServerBootstrap().group(loop.netty(), loop.netty())
                .channel(transport.server(address.isUnix()))
                .option(ChannelOption.SO_BACKLOG, options.backlog())
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel made) {
                        setUpAccepted(made, address, accept);
                    }
                });
        if (!address.isUnix()) {
            bootstrap.option(ChannelOption.SO_REUSEADDR, true);
        }
        ChannelFuture binding = bootstrap.bind(local);
        binding.addListener(done -> {
            if (!done.isSuccess()) {
                tell(() -> failed.accept(LinkReasons.of(done.cause()) + ": " + address));
                return;
            }
            Listening listening;
            try {
                listening = listening(address, binding.channel());
            } catch (IOException e) {
                binding.channel().close();
                tell(() -> failed.accept("cannot make the socket private: " + LinkReasons.of(e) + ": " + address));
                return;
            }
            tell(() -> bound.accept(listening));
        });
    }

    private Listening listening(LinkAddress address, Channel server) throws IOException {
        if (address.isUnix()) {
            return new NettyListening(address, server, UnixSocketFile.bound(address.socketPath(), options.ownerOnly()));
        }
        int port = ((InetSocketAddress) server.localAddress()).getPort();
        return new NettyListening(LinkAddress.tcp(address.host(), port), server, null);
    }

    /** Netty would only log what a callback throws. */
    private void tell(Runnable callback) {
        try {
            callback.run();
        } catch (Throwable thrown) {
            loop.report(thrown);
        }
    }

    private void setUpAccepted(Channel made, LinkAddress address, Function<String, LinkHandler> accept) {
        String peer = LinkReasons.name(made.remoteAddress(), address.toString());
        LinkHandler handler;
        try {
            handler = accept.apply(peer);
        } catch (Throwable thrown) {
            loop.report(thrown);
            handler = null;
        }
        if (handler == null) {
            made.close();
        } else {
            setUp(made, peer, handler, () -> true);
        }
    }

    private void setUp(Channel made, String peer, LinkHandler handler, BooleanSupplier mayOpen) {
        made.config().setWriteBufferWaterMark(new WriteBufferWaterMark(options.writeLowBytes(), options.writeHighBytes()));
        if (!(made instanceof SocketChannel)) {
            made.config().setOption(ChannelOption.SO_SNDBUF, UNIX_SEND_BYTES);
        }
        TcpHabits.set(made);
        made.pipeline().addLast(new NettyLink(loop, made, peer, handler, options, tlsTasks, mayOpen));
    }
}
