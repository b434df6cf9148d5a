/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.netraid.link.Link;
import org.netraid.link.LinkAddress;
import org.netraid.link.LinkFactory.Listening;
import org.netraid.link.LinkHandler;

/** Goal: the contract of Link, LinkHandler and LinkFactory holds on real sockets, on both transports. */
class NettyLinkFactoryTest {

    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final long CONNECT_NS = 5_000_000_000L;

    @TempDir
    Path folder;

    private final List<Throwable> uncaught = new CopyOnWriteArrayList<>();
    private NettyRuntime runtime;
    private NettyLinkFactory links;

    static Stream<Arguments> everySocket() {
        return Stream.of(NettyTransport.values()).flatMap(transport ->
                Stream.of(Arguments.of(transport, false), Arguments.of(transport, true)));
    }

    @AfterEach
    void stop() {
        if (runtime != null) {
            runtime.close();
        }
    }

    // Errors first

    @ParameterizedTest
    @EnumSource(NettyTransport.class)
    void shouldSayConnectionRefusedWhenNobodyListens(NettyTransport transport) throws Exception {
        start(transport, NettyLinkOptions.DEFAULT);
        Listening listening = listen(LinkAddress.tcp("127.0.0.1", 0), new RecordingHandler());
        on(listening::close);
        await().atMost(LIMIT).untilAsserted(() ->
                assertThat(connectFailure(listening.address())).isEqualTo("connection refused"));
    }

    @ParameterizedTest
    @EnumSource(NettyTransport.class)
    void shouldSayNoSuchFileWhenSocketIsMissing(NettyTransport transport) throws Exception {
        start(transport, NettyLinkOptions.DEFAULT);
        assertThat(connectFailure(LinkAddress.unix(folder.resolve("none").toString()))).isEqualTo("no such file or directory");
    }

    @ParameterizedTest
    @EnumSource(NettyTransport.class)
    void shouldSayUnknownHostWhenNameDoesNotResolve(NettyTransport transport) throws Exception {
        start(transport, NettyLinkOptions.DEFAULT);
        assertThat(connectFailure(LinkAddress.tcp("no-such-host.invalid", 1))).isEqualTo("unknown host no-such-host.invalid");
    }

    @ParameterizedTest
    @EnumSource(NettyTransport.class)
    void shouldTimeOutWhenTheTimeIsTooShort(NettyTransport transport) throws Exception {
        start(transport, NettyLinkOptions.DEFAULT);
        CompletableFuture<String> failed = new CompletableFuture<>();
        // 192.0.2.0/24 is reserved for documentation: either no route or no answer.
        links.connect(LinkAddress.tcp("192.0.2.1", 9), 50_000_000L, new RecordingHandler(), failed::complete);
        assertThat(failed.get(10, TimeUnit.SECONDS)).isIn("connection timed out", "network is unreachable", "no route to host",
                "host is unreachable", "connection refused");
    }

    @ParameterizedTest
    @EnumSource(NettyTransport.class)
    void shouldNameTheAddressWhenPortIsInUse(NettyTransport transport) throws Exception {
        start(transport, NettyLinkOptions.DEFAULT);
        LinkAddress taken = listen(LinkAddress.tcp("127.0.0.1", 0), new RecordingHandler()).address();
        assertThat(listenFailure(taken)).isEqualTo("address already in use: 127.0.0.1:" + taken.port());
    }

    @ParameterizedTest
    @EnumSource(NettyTransport.class)
    void shouldRefuseUnixSocketWhenSomebodyListensOnIt(NettyTransport transport) throws Exception {
        start(transport, NettyLinkOptions.DEFAULT);
        LinkAddress taken = listen(LinkAddress.unix(folder.resolve("s").toString()), new RecordingHandler()).address();
        assertThat(listenFailure(taken)).isEqualTo("address already in use: " + taken.socketPath());
        assertThat(Files.exists(Path.of(taken.socketPath()))).isTrue();
    }

    @ParameterizedTest
    @EnumSource(NettyTransport.class)
    void shouldLeaveARegularFileAloneWhenItIsInTheWay(NettyTransport transport) throws Exception {
        start(transport, NettyLinkOptions.DEFAULT);
        Path file = Files.writeString(folder.resolve("notes"), "keep");
        assertThat(listenFailure(LinkAddress.unix(file.toString()))).contains("not a socket", file.toString());
        assertThat(Files.readString(file)).isEqualTo("keep");
    }

    @ParameterizedTest
    @EnumSource(NettyTransport.class)
    void shouldRefuseASocketPathThatIsTooLong(NettyTransport transport) throws Exception {
        start(transport, NettyLinkOptions.DEFAULT);
        assertThat(listenFailure(LinkAddress.unix(folder.resolve("x".repeat(120)).toString()))).contains("107 bytes");
    }

    @ParameterizedTest
    @EnumSource(NettyTransport.class)
    void shouldReplaceAStaleSocketFileWhenListening(NettyTransport transport) throws Exception {
        start(transport, NettyLinkOptions.DEFAULT);
        Path path = folder.resolve("stale");
        try (ServerSocketChannel dead =
                ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dead.bind(UnixDomainSocketAddress.of(path));
        }
        assertThat(path).exists();
        Listening listening = listen(LinkAddress.unix(path.toString()), new RecordingHandler());
        on(listening::close);
        await().atMost(LIMIT).until(() -> !Files.exists(path));
    }

    @ParameterizedTest
    @EnumSource(NettyTransport.class)
    void shouldMakeSocketPrivateWhenOwnerOnly(NettyTransport transport) throws Exception {
        start(transport, NettyLinkOptions.DEFAULT.withOwnerOnly(true));
        Path path = folder.resolve("private");
        listen(LinkAddress.unix(path.toString()), new RecordingHandler());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path))).isEqualTo("rw-------");
    }

    @ParameterizedTest
    @MethodSource("everySocket")
    void shouldCloseAndReportWhenHandlerThrows(NettyTransport transport, boolean unix) throws Exception {
        start(transport, NettyLinkOptions.DEFAULT);
        RecordingHandler server = new RecordingHandler();
        server.throwOnBytes = true;
        RecordingHandler client = connect(listen(address(unix), server).address());
        client.send(bytes("x"), null);
        await().atMost(LIMIT).until(() -> server.closed.size() == 1 && client.closed.size() == 1);
        assertThat(uncaught).hasSize(1);
        assertThat(server.closed.get(0)).contains("planted");
    }

    @ParameterizedTest
    @MethodSource("everySocket")
    void shouldCloseWhenHandlerLeavesBytesWithReadingOn(NettyTransport transport, boolean unix) throws Exception {
        start(transport, NettyLinkOptions.DEFAULT);
        RecordingHandler server = new RecordingHandler();
        server.consumeAtMost = 1;
        RecordingHandler client = connect(listen(address(unix), server).address());
        client.send(bytes("xyz"), null);
        await().atMost(LIMIT).until(() -> server.closed.size() == 1);
        assertThat(server.closed.get(0)).contains("unconsumed");
    }

    @ParameterizedTest
    @MethodSource("everySocket")
    void shouldRefuseStreamWhenAcceptReturnsNull(NettyTransport transport, boolean unix) throws Exception {
        start(transport, NettyLinkOptions.DEFAULT);
        RecordingHandler client = connect(listen(address(unix), null).address());
        await().atMost(LIMIT).until(() -> client.closed.size() == 1);
    }

    // Bytes

    @ParameterizedTest
    @MethodSource("everySocket")
    void shouldDeliverBytesInOrderBothWays(NettyTransport transport, boolean unix) throws Exception {
        start(transport, NettyLinkOptions.DEFAULT);
        RecordingHandler server = new RecordingHandler();
        server.echo = true;
        RecordingHandler client = connect(listen(address(unix), server).address());
        byte[] sent = pattern(3_000_000);
        AtomicInteger released = new AtomicInteger();
        ByteBuffer direct = ByteBuffer.allocateDirect(sent.length).put(sent).flip();
        client.send(direct, released::incrementAndGet);
        await().atMost(LIMIT).until(() -> client.receivedBytes() == sent.length);
        assertThat(client.received()).isEqualTo(sent);
        assertThat(released).hasValue(1);
        assertThat(uncaught).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("everySocket")
    void shouldKeepTheRestAndSlowThePeerWhenReadingIsOff(NettyTransport transport, boolean unix) throws Exception {
        start(transport, NettyLinkOptions.DEFAULT.withWaterMarks(1 << 16, 1 << 17).withMaxReadBytes(1 << 16));
        RecordingHandler server = new RecordingHandler();
        server.pauseAfterBytes = 10;
        RecordingHandler client = connect(listen(address(unix), server).address());
        byte[] sent = pattern(24 << 20);
        client.send(ByteBuffer.wrap(sent), null);
        await().atMost(LIMIT).until(() -> server.receivedBytes() == 10);
        assertThat(on(() -> client.link.isWritable())).as("the pipe is full").isFalse();
        assertThat(server.receivedBytes()).isEqualTo(10);

        server.pauseAfterBytes = Integer.MAX_VALUE;
        on(() -> server.link.setReading(true));
        await().atMost(LIMIT).until(() -> server.receivedBytes() == sent.length);
        assertThat(server.received()).isEqualTo(sent);
        await().atMost(LIMIT).until(() -> client.writable.get() >= 1);
    }

    @ParameterizedTest
    @MethodSource("everySocket")
    void shouldNotDeliverInsideSetReading(NettyTransport transport, boolean unix) throws Exception {
        start(transport, NettyLinkOptions.DEFAULT);
        RecordingHandler server = new RecordingHandler();
        server.pauseAfterBytes = 1;
        RecordingHandler client = connect(listen(address(unix), server).address());
        client.send(bytes("abcdef"), null);
        await().atMost(LIMIT).until(() -> server.receivedBytes() == 1);
        int inside = on(() -> {
            server.pauseAfterBytes = 4;
            server.link.setReading(true);
            return server.receivedBytes();
        });
        assertThat(inside).isEqualTo(1);
        await().atMost(LIMIT).until(() -> server.receivedBytes() == 4);
        on(() -> {
            server.pauseAfterBytes = Integer.MAX_VALUE;
            server.link.setReading(true);
        });
        await().atMost(LIMIT).until(() -> server.receivedBytes() == 6);
        assertThat(new String(server.received(), StandardCharsets.US_ASCII)).isEqualTo("abcdef");
    }

    // Ends

    @ParameterizedTest
    @MethodSource("everySocket")
    void shouldSendWhatIsQueuedWhenClosed(NettyTransport transport, boolean unix) throws Exception {
        start(transport, NettyLinkOptions.DEFAULT);
        RecordingHandler server = new RecordingHandler();
        RecordingHandler client = connect(listen(address(unix), server).address());
        byte[] sent = pattern(1 << 20);
        on(() -> {
            client.link.write(ByteBuffer.wrap(sent), null);
            client.link.close();
            client.link.close();
        });
        await().atMost(LIMIT).until(() -> server.closed.size() == 1 && client.closed.size() == 1);
        assertThat(server.received()).isEqualTo(sent);
        assertThat(server.closed).containsExactly("closed by the other end");
        assertThat(client.closed).containsExactly("closed by this side");
    }

    @ParameterizedTest
    @MethodSource("everySocket")
    void shouldDeliverTheReplyWhenClosedWithUnreadInput(NettyTransport transport, boolean unix) throws Exception {
        start(transport, NettyLinkOptions.DEFAULT);
        RecordingHandler server = new RecordingHandler();
        server.pauseAfterBytes = 1;
        RecordingHandler client = connect(listen(address(unix), server).address());
        client.send(ByteBuffer.wrap(pattern(100_000)), null);
        await().atMost(LIMIT).until(() -> server.receivedBytes() == 1);
        on(() -> {
            server.link.write(bytes("refused"), null);
            server.link.close();
        });
        await().atMost(LIMIT).until(() -> client.closed.size() == 1);
        assertThat(new String(client.received(), StandardCharsets.US_ASCII)).isEqualTo("refused");
    }

    @ParameterizedTest
    @MethodSource("everySocket")
    void shouldEndByItselfWhenPeerNeverTakesTheQueue(NettyTransport transport, boolean unix) throws Exception {
        start(transport, NettyLinkOptions.DEFAULT.withCloseTimeoutNs(100_000_000L));
        RecordingHandler server = new RecordingHandler();
        server.pauseAfterBytes = 0;
        RecordingHandler client = connect(listen(address(unix), server).address());
        AtomicInteger released = new AtomicInteger();
        client.send(ByteBuffer.allocateDirect(16 << 20), released::incrementAndGet);
        on(() -> client.link.close());
        await().atMost(LIMIT).until(() -> client.closed.size() == 1);
        assertThat(released).hasValue(1);
    }

    @ParameterizedTest
    @MethodSource("everySocket")
    void shouldReleaseEachBufferOnceAndOutsideWriteWhenAborted(NettyTransport transport, boolean unix) throws Exception {
        start(transport, NettyLinkOptions.DEFAULT);
        RecordingHandler server = new RecordingHandler();
        server.pauseAfterBytes = 0;
        RecordingHandler client = connect(listen(address(unix), server).address());
        AtomicInteger released = new AtomicInteger();
        int insideCalls = on(() -> {
            client.link.write(ByteBuffer.allocateDirect(16 << 20), released::incrementAndGet);
            client.link.flush();
            client.link.write(bytes("never flushed"), released::incrementAndGet);
            client.link.abort();
            client.link.abort();
            client.link.write(bytes("after the end"), released::incrementAndGet);
            return released.get() + client.closed.size();
        });
        assertThat(insideCalls).isZero();
        await().atMost(LIMIT).until(() -> client.closed.size() == 1 && released.get() == 3);
        assertThat(client.closed).containsExactly("aborted by this side");
        await().atMost(LIMIT).until(() -> server.link != null);
        server.pauseAfterBytes = Integer.MAX_VALUE;
        on(() -> server.link.setReading(true));
        await().atMost(LIMIT).until(() -> server.closed.size() == 1);
        assertThat(released).hasValue(3);
    }

    @ParameterizedTest
    @EnumSource(NettyTransport.class)
    void shouldCarryIpv6LiteralsWhenTheMachineHasThem(NettyTransport transport) throws Exception {
        start(transport, NettyLinkOptions.DEFAULT);
        CompletableFuture<Object> outcome = new CompletableFuture<>();
        RecordingHandler server = new RecordingHandler();
        links.listen(LinkAddress.tcp("::1", 0), peer -> server, outcome::complete, outcome::complete);
        Object listening = outcome.get(10, TimeUnit.SECONDS);
        Assumptions.assumeTrue(listening instanceof Listening, () -> "no IPv6 loopback here: " + listening);
        RecordingHandler client = connect(((Listening) listening).address());
        assertThat(client.link.peer()).startsWith("[").contains("]:");
    }

    @ParameterizedTest
    @EnumSource(NettyTransport.class)
    void shouldResolveNamesAwayFromTheLoop(NettyTransport transport) throws Exception {
        start(transport, NettyLinkOptions.DEFAULT);
        Listening listening = listen(LinkAddress.tcp("127.0.0.1", 0), new RecordingHandler());
        RecordingHandler client = connect(LinkAddress.tcp("localhost", listening.address().port()));
        assertThat(client.opens).hasValue(1);
    }

    // Helpers

    private void start(NettyTransport transport, NettyLinkOptions options) {
        Assumptions.assumeTrue(transport == NettyTransport.NIO || NettyTransport.best() == NettyTransport.EPOLL, "no epoll here");
        runtime = new NettyRuntime(transport, "test-loop", 1, uncaught::add);
        links = runtime.links(0, options);
    }

    private LinkAddress address(boolean unix) {
        return unix ? LinkAddress.unix(folder.resolve("sock").toString()) : LinkAddress.tcp("127.0.0.1", 0);
    }

    private Listening listen(LinkAddress address, RecordingHandler handler) throws Exception {
        CompletableFuture<Listening> bound = new CompletableFuture<>();
        links.listen(address, peer -> handler, bound::complete, reason -> bound.completeExceptionally(new IOException(reason)));
        return bound.get(10, TimeUnit.SECONDS);
    }

    private String listenFailure(LinkAddress address) throws Exception {
        CompletableFuture<String> failed = new CompletableFuture<>();
        links.listen(address, peer -> null, ok -> failed.complete("listening"), failed::complete);
        return failed.get(10, TimeUnit.SECONDS);
    }

    private RecordingHandler connect(LinkAddress address) throws Exception {
        RecordingHandler handler = new RecordingHandler();
        CompletableFuture<String> failed = new CompletableFuture<>();
        links.connect(address, CONNECT_NS, handler, failed::complete);
        await().atMost(LIMIT).until(() -> handler.opens.get() == 1 || failed.isDone());
        assertThat(failed.getNow(null)).isNull();
        return handler;
    }

    private String connectFailure(LinkAddress address) throws Exception {
        CompletableFuture<String> failed = new CompletableFuture<>();
        RecordingHandler handler = new RecordingHandler();
        handler.onOpened = () -> failed.complete("connected");
        links.connect(address, CONNECT_NS, handler, failed::complete);
        return failed.get(10, TimeUnit.SECONDS);
    }

    private void on(Runnable action) throws Exception {
        on(() -> {
            action.run();
            return null;
        });
    }

    private <T> T on(Callable<T> action) throws Exception {
        CompletableFuture<T> result = new CompletableFuture<>();
        runtime.loop(0).execute(() -> {
            try {
                result.complete(action.call());
            } catch (Exception e) {
                result.completeExceptionally(e);
            }
        });
        return result.get(10, TimeUnit.SECONDS);
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] pattern(int length) {
        byte[] made = new byte[length];
        for (int i = 0; i < length; i++) {
            made[i] = (byte) (i * 31 + (i >>> 8));
        }
        return made;
    }

    /** Records what a link tells, and consumes, pauses, echoes or throws as the test wants. */
    private final class RecordingHandler implements LinkHandler {
        private final ByteArrayOutputStream data = new ByteArrayOutputStream();
        private final List<String> closed = new CopyOnWriteArrayList<>();
        private final AtomicInteger opens = new AtomicInteger();
        private final AtomicInteger writable = new AtomicInteger();
        private volatile Link link;
        private volatile boolean echo;
        private volatile boolean throwOnBytes;
        private volatile int consumeAtMost = Integer.MAX_VALUE;
        private volatile int pauseAfterBytes = Integer.MAX_VALUE;
        private volatile Runnable onOpened = () -> { };

        @Override
        public void onOpen(Link opened) {
            link = opened;
            opens.incrementAndGet();
            onOpened.run();
        }

        @Override
        public void onBytes(ByteBuffer bytes) {
            if (throwOnBytes) {
                throw new IllegalStateException("planted");
            }
            int take = Math.min(bytes.remaining(), Math.min(consumeAtMost, pauseAfterBytes - receivedBytes()));
            byte[] taken = new byte[take];
            bytes.get(taken);
            synchronized (data) {
                data.writeBytes(taken);
            }
            if (receivedBytes() >= pauseAfterBytes) {
                link.setReading(false);
            }
            if (echo) {
                link.write(ByteBuffer.wrap(taken), null);
                link.flush();
            }
        }

        @Override
        public void onWritable() {
            writable.incrementAndGet();
        }

        @Override
        public void onClosed(String reason) {
            closed.add(reason);
        }

        private void send(ByteBuffer bytes, Runnable released) throws Exception {
            on(() -> {
                link.write(bytes, released);
                link.flush();
            });
        }

        private int receivedBytes() {
            synchronized (data) {
                return data.size();
            }
        }

        private byte[] received() {
            synchronized (data) {
                return data.toByteArray();
            }
        }
    }
}
