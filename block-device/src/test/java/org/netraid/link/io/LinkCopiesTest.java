/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.netraid.block.io.FileBytes;
import org.netraid.link.Link;
import org.netraid.link.LinkAddress;
import org.netraid.link.LinkFactory.Listening;
import org.netraid.link.LinkHandler;

/** Goal: bytes that go from and to the users' own memory arrive as exactly and as orderly as those that are copied. */
class LinkCopiesTest {

    private static final int STREAM_BYTES = 8 << 20;

    @TempDir
    Path folder;

    private final List<Throwable> uncaught = new CopyOnWriteArrayList<>();
    private NettyRuntime runtime;
    private NettyLinkFactory links;

    @AfterEach
    void stop() {
        runtime.close();
        assertThat(uncaught).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"EPOLL,true", "EPOLL,false", "NIO,true", "NIO,false"})
    void shouldKeepOrderWhenTheKernelTakesOnlyPartOfMixedBuffers(NettyTransport transport, boolean unix) throws Exception {
        Receiver receiver = new Receiver();
        Link link = connected(transport, unix, receiver);
        ByteBuffer stream = pattern();
        AtomicInteger written = new AtomicInteger();
        AtomicInteger released = new AtomicInteger();
        Random random = new Random(7);
        CompletableFuture<List<ByteBuffer>> done = new CompletableFuture<>();
        runtime.loop(0).execute(() -> {
            List<ByteBuffer> moved = new CopyOnWriteArrayList<>();
            for (int at = 0; at < STREAM_BYTES; ) {
                int length = Math.min(STREAM_BYTES - at, random.nextInt(10) == 0 ? 3 << 20 : random.nextInt(20_000));
                ByteBuffer part = random.nextInt(8) == 0 ? heapCopy(stream, at, length)
                        : stream.duplicate().position(at).limit(at + length);
                ByteBuffer before = part.duplicate();
                written.incrementAndGet();
                link.write(part, () -> {
                    released.incrementAndGet();
                    if (!part.equals(before)) {
                        moved.add(part);
                    }
                });
                if (random.nextInt(4) == 0) {
                    link.flush();
                }
                at += length;
            }
            link.flush();
            done.complete(moved);
        });
        assertThat(done.get(20, TimeUnit.SECONDS)).as("buffers whose position the link has moved").isEmpty();
        await().atMost(Duration.ofSeconds(90)).untilAsserted(() -> assertThat(released.get()).isEqualTo(written.get()));
        await().atMost(Duration.ofSeconds(90)).until(() -> receiver.total() == STREAM_BYTES);
        assertThat(receiver.isExact()).isTrue();
        assertThat(receiver.placedBytes).as("bytes put into the handler's memory").isPositive();
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void shouldKeepOrderBetweenBuffersAndPartsOfAFile(boolean unix) throws Exception {
        Receiver receiver = new Receiver();
        Link link = connected(NettyTransport.EPOLL, unix, receiver);
        ByteBuffer stream = pattern();
        AtomicInteger written = new AtomicInteger();
        AtomicInteger released = new AtomicInteger();
        Random random = new Random(8);
        try (FileChannel file = FileChannel.open(folder.resolve("file"), StandardOpenOption.CREATE_NEW, StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
            file.write(stream.duplicate().clear());
            FileBytes bytes = FileBytes.of(file);
            runtime.loop(0).execute(() -> {
                assertThat(link.canTransfer()).isTrue();
                for (int at = 0; at < STREAM_BYTES; ) {
                    boolean stored = random.nextBoolean();
                    int length = Math.min(STREAM_BYTES - at, random.nextInt(stored ? 1 << 20 : 20_000));
                    written.incrementAndGet();
                    if (stored) {
                        link.transfer(bytes, at, length, released::incrementAndGet);
                    } else {
                        link.write(stream.duplicate().position(at).limit(at + length), released::incrementAndGet);
                    }
                    if (random.nextInt(4) == 0) {
                        link.flush();
                    }
                    at += length;
                }
                link.flush();
            });
            await().atMost(Duration.ofSeconds(90)).until(() -> receiver.total() == STREAM_BYTES);
            await().atMost(Duration.ofSeconds(90)).untilAsserted(() -> assertThat(released.get()).isEqualTo(written.get()));
            assertThat(receiver.isExact()).isTrue();
            assertThat(file.isOpen()).isTrue();
        }
    }

    /** Also gives back what was to follow. */
    @ParameterizedTest
    @CsvSource({"true", "false"})
    void shouldEndWhenAFileIsShorterThanSaid(boolean unix) throws Exception {
        Link link = connected(NettyTransport.EPOLL, unix, new Receiver());
        AtomicInteger released = new AtomicInteger();
        try (FileChannel file = FileChannel.open(folder.resolve("file"), StandardOpenOption.CREATE_NEW, StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.allocate(10_000));
            runtime.loop(0).execute(() -> {
                link.transfer(FileBytes.of(file), 4096, 8192, released::incrementAndGet);
                link.write(ByteBuffer.allocateDirect(100), released::incrementAndGet);
                link.flush();
            });
            await().atMost(Duration.ofSeconds(90)).untilAsserted(() -> assertThat(released.get()).isEqualTo(2));
            await().atMost(Duration.ofSeconds(90)).until(() -> !isWritable(link));
        }
    }

    private boolean isWritable(Link link) throws Exception {
        CompletableFuture<Boolean> writable = new CompletableFuture<>();
        runtime.loop(0).execute(() -> writable.complete(link.isWritable()));
        return writable.get(60, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @CsvSource({"EPOLL,true", "EPOLL,false", "NIO,true"})
    void shouldGiveBackEachBufferOnceWhenCutBeforeTheFlush(NettyTransport transport, boolean unix) throws Exception {
        Link link = connected(transport, unix, new Receiver());
        AtomicInteger released = new AtomicInteger();
        AtomicInteger inside = new AtomicInteger();
        CompletableFuture<Void> done = new CompletableFuture<>();
        runtime.loop(0).execute(() -> {
            for (int i = 0; i < 40; i++) {
                link.write(ByteBuffer.allocateDirect(100), released::incrementAndGet);
            }
            link.abort();
            link.write(ByteBuffer.allocateDirect(100), released::incrementAndGet);
            inside.set(released.get());
            done.complete(null);
        });
        done.get(10, TimeUnit.SECONDS);
        assertThat(inside.get()).as("given back inside abort()").isZero();
        await().atMost(Duration.ofSeconds(90)).untilAsserted(() -> assertThat(released.get()).isEqualTo(41));
    }

    @ParameterizedTest
    @CsvSource({"EPOLL,true", "EPOLL,false"})
    void shouldSendWhatABufferGivenBackQueuesInTurn(NettyTransport transport, boolean unix) throws Exception {
        Receiver receiver = new Receiver();
        Link link = connected(transport, unix, receiver);
        ByteBuffer stream = pattern();
        runtime.loop(0).execute(() -> new Runnable() {
            private int at;

            @Override
            public void run() {
                if (at < 1 << 20) {
                    ByteBuffer part = stream.duplicate().position(at).limit(at + 4096);
                    at += 4096;
                    link.write(part, this);
                    link.flush();
                }
            }
        }.run());
        await().atMost(Duration.ofSeconds(90)).until(() -> receiver.total() == 1 << 20);
        assertThat(receiver.isExact()).isTrue();
    }

    private Link connected(NettyTransport transport, boolean unix, Receiver receiver) throws Exception {
        runtime = new NettyRuntime(transport, "copies", 1, uncaught::add);
        links = runtime.links(0, NettyLinkOptions.DEFAULT);
        CompletableFuture<Listening> bound = new CompletableFuture<>();
        LinkAddress address = unix ? LinkAddress.unix(folder.resolve("s").toString()) : LinkAddress.tcp("127.0.0.1", 0);
        links.listen(address, peer -> receiver, bound::complete, reason -> bound.completeExceptionally(new AssertionError(reason)));
        Receiver sender = new Receiver();
        links.connect(bound.get(10, TimeUnit.SECONDS).address(), 5_000_000_000L, sender, reason -> { });
        return sender.opened.get(10, TimeUnit.SECONDS);
    }

    private static ByteBuffer pattern() {
        ByteBuffer stream = ByteBuffer.allocateDirect(STREAM_BYTES);
        for (int i = 0; i < STREAM_BYTES; i += 4) {
            stream.putInt(i, expectedAt(i));
        }
        return stream;
    }

    private static int expectedAt(int offset) {
        return offset * 0x9E3779B1;
    }

    private static ByteBuffer heapCopy(ByteBuffer stream, int at, int length) {
        byte[] copy = new byte[length];
        stream.get(at, copy);
        return ByteBuffer.wrap(copy);
    }

    /** Takes some bytes where they came and wants others in its own memory; reading is off now and then. */
    private final class Receiver implements LinkHandler {
        private final CompletableFuture<Link> opened = new CompletableFuture<>();
        private final ByteBuffer all = ByteBuffer.allocateDirect(STREAM_BYTES);
        private volatile int total;
        private volatile int placedBytes;
        private int turns;
        private Link link;

        @Override
        public void onOpen(Link up) {
            link = up;
            opened.complete(up);
        }

        @Override
        public void onBytes(ByteBuffer bytes) {
            turns++;
            if (turns % 5 == 0) {
                int half = bytes.remaining() / 2;
                all.put(bytes.slice(bytes.position(), half));
                bytes.position(bytes.position() + half);
                link.setReading(false);
                runtime.loop(0).execute(() -> link.setReading(true));
            } else {
                all.put(bytes);
            }
            total = all.position();
        }

        @Override
        public ByteBuffer receiveBuffer() {
            int room = Math.min(all.remaining(), 50_000);
            return turns % 3 == 0 || room == 0 ? null : all.slice(all.position(), room);
        }

        @Override
        public void onReceived(int countBytes) {
            turns++;
            all.position(all.position() + countBytes);
            placedBytes += countBytes;
            total = all.position();
        }

        @Override
        public void onClosed(String reason) {
            opened.cancel(false);
        }

        int total() {
            return total;
        }

        boolean isExact() {
            for (int i = 0; i < total; i += 4) {
                if (all.getInt(i) != expectedAt(i)) {
                    return false;
                }
            }
            return true;
        }
    }
}
