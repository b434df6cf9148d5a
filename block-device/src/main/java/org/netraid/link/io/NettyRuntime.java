/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The network threads of one process: a fixed number of loops, one named daemon thread each. Made once by a daemon or a
 * command line tool, closed at its end. One mirror, or one connection's device, lives on one loop.
 */
public final class NettyRuntime implements AutoCloseable {

    private static final int MAX_LOOPS = 256;
    private static final long SHUTDOWN_MS = 5_000;

    private final NettyTransport transport;
    private final MultiThreadIoEventLoopGroup group;
    private final List<NettyEventLoop> loops = new ArrayList<>();
    private final NameResolver resolver;
    private final TlsTasks tlsTasks;

    /** Loops on the best transport of this machine. */
    public NettyRuntime(String threadName, int loopCount, Consumer<Throwable> uncaught) {
        this(NettyTransport.best(), threadName, loopCount, uncaught);
    }

    /**
     * One loop that, while events come quickly, looks for the next one for some microseconds before it sleeps: for a process whose every
     * request waits for several others. On a machine with one processor it sleeps at once, for who is to answer needs it.
     */
    public static NettyRuntime spinning(String threadName, Consumer<Throwable> uncaught) {
        return new NettyRuntime(NettyTransport.best(), threadName, 1, uncaught, Runtime.getRuntime().availableProcessors() > 1);
    }

    /**
     * @param threadName threads are called {@code NAME-1-1}, {@code NAME-1-2} and so on
     * @param loopCount 1 to 256
     * @param uncaught gets what a task or a link's handler throws; called on the loop concerned
     */
    public NettyRuntime(NettyTransport transport, String threadName, int loopCount, Consumer<Throwable> uncaught) {
        this(transport, threadName, loopCount, uncaught, false);
    }

    private NettyRuntime(NettyTransport transport, String threadName, int loopCount, Consumer<Throwable> uncaught, boolean spins) {
        if (loopCount < 1 || loopCount > MAX_LOOPS) {
            throw new IllegalArgumentException("loop count " + loopCount + " is not in 1 to " + MAX_LOOPS);
        }
        this.transport = transport;
        this.group = new MultiThreadIoEventLoopGroup(loopCount, new DefaultThreadFactory(threadName, true),
                transport.ioHandler(spins));
        this.resolver = new NameResolver(threadName + "-names");
        this.tlsTasks = new TlsTasks(threadName + "-tls");
        for (int i = 0; i < loopCount; i++) {
            loops.add(new NettyEventLoop(group.next(), uncaught));
        }
    }

    public NettyTransport transport() {
        return transport;
    }

    public int loopCount() {
        return loops.size();
    }

    public NettyEventLoop loop(int index) {
        return loops.get(index);
    }

    /** A factory whose links run on {@code loop(index)}. */
    public NettyLinkFactory links(int index, NettyLinkOptions options) {
        return new NettyLinkFactory(loops.get(index), transport, resolver, tlsTasks, options);
    }

    /** Closes all sockets and ends the threads; waits for them, but not for ever. Not to be called on a loop. */
    @Override
    public void close() {
        resolver.close();
        tlsTasks.close();
        group.shutdownGracefully(0, SHUTDOWN_MS, TimeUnit.MILLISECONDS)
                .awaitUninterruptibly(SHUTDOWN_MS + 1_000, TimeUnit.MILLISECONDS);
    }
}
