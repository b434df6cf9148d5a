/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.io;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.netraid.replicator.control.NodeControl;
import org.netraid.time.EventLoop;

/**
 * The control socket: HTTP and JSON over a unix socket that only its owner may open. One request per connection. HTTP is parsed on a thread
 * of its own; commands run on the node's loop.
 *
 * <p>The socket appears under its name only when its permissions are right (it is bound inside a folder nobody else can enter, then
 * renamed), and takes the place of one that a killed daemon left behind: the caller holds the lock of the state folder.
 */
public final class ControlServer implements AutoCloseable {

    /** Name of the socket in the state folder. */
    public static final String SOCKET_NAME = "control.sock";

    static final int MAX_CONNECTIONS = 64;
    static final int MAX_BODY_BYTES = 64 << 10;
    private static final int MAX_LINE_BYTES = 4 << 10;
    private static final int MAX_HEADER_BYTES = 8 << 10;
    private static final int IDLE_SECONDS = 120;

    private final Path socket;
    private final MultiThreadIoEventLoopGroup group;
    private final Channel channel;

    private ControlServer(Path socket, MultiThreadIoEventLoopGroup group, Channel channel) {
        this.socket = socket;
        this.group = group;
        this.channel = channel;
    }

    /** @throws IOException one sentence: why nobody can connect to {@code socket} */
    public static ControlServer start(Path socket, NodeControl control, EventLoop loop) throws IOException {
        int pathBytes = socket.toString().getBytes(StandardCharsets.UTF_8).length;
        // The temporary folder's name is longer than the socket's own.
        int spare = 32;
        if (pathBytes + spare > Addresses.MAX_SOCKET_PATH_BYTES) {
            throw new IOException("control socket " + socket + ": the path has " + pathBytes + " bytes; a unix socket's may have "
                    + (Addresses.MAX_SOCKET_PATH_BYTES - spare) + " here: choose a shorter state folder");
        }
        Path privateFolder = Files.createTempDirectory(socket.getParent(), ".c",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1,
                new DefaultThreadFactory("netraid-control", true), NioIoHandler.newFactory());
        Path bound = privateFolder.resolve("s");
        try {
            Channel channel = bind(bound, control, loop, group);
            Files.setPosixFilePermissions(bound, PosixFilePermissions.fromString("rw-------"));
            Files.move(bound, socket, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return new ControlServer(socket, group, channel);
        } catch (IOException e) {
            group.shutdownGracefully(0, 0, TimeUnit.SECONDS);
            throw new IOException("control socket " + socket + ": " + e.getMessage(), e);
        } finally {
            Files.deleteIfExists(bound);
            Files.deleteIfExists(privateFolder);
        }
    }

    private static Channel bind(Path path, NodeControl control, EventLoop loop, MultiThreadIoEventLoopGroup group) throws IOException {
        ControlService service = new ControlService(control, loop);
        ConnectionLimit limit = new ConnectionLimit(MAX_CONNECTIONS);
        var future = new ServerBootstrap().group(group).channel(NioServerDomainSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel connection) {
                        connection.pipeline().addLast(limit.forOne(), new ReadTimeoutHandler(IDLE_SECONDS),
                                new HttpServerCodec(MAX_LINE_BYTES, MAX_HEADER_BYTES, MAX_BODY_BYTES),
                                new HttpObjectAggregator(MAX_BODY_BYTES), new ControlHandler(service));
                    }
                }).bind(UnixDomainSocketAddress.of(path)).awaitUninterruptibly();
        if (!future.isSuccess()) {
            throw new IOException(future.cause().getMessage(), future.cause());
        }
        return future.channel();
    }

    public Path socket() {
        return socket;
    }

    /** Stops listening and drops the connections. */
    @Override
    public void close() {
        try {
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            // The next start replaces it; nobody can connect to it meanwhile.
            org.slf4j.LoggerFactory.getLogger(ControlServer.class).warn("cannot remove {}: {}", socket, e.getMessage());
        }
        channel.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
        group.shutdownGracefully(0, 500, TimeUnit.MILLISECONDS).awaitUninterruptibly(1, TimeUnit.SECONDS);
    }
}
