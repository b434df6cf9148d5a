/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.awaitility.Awaitility;
import org.netraid.block.BlockCompletion;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.link.io.NettyLinkOptions;
import org.netraid.link.io.NettyRuntime;
import org.netraid.link.io.TlsException;
import org.netraid.nbd.client.NbdClientConfig;
import org.netraid.nbd.client.NbdClientDevice;
import org.netraid.nbd.client.NbdConnectionListener;
import org.netraid.nbd.client.NbdConnector;
import org.netraid.nbd.client.NbdTarget;
import org.netraid.nbd.client.io.UriTls;
import org.netraid.nbd.wire.NbdUri;

/** Our client on real sockets; every method waits for its result. */
public final class RealClient implements AutoCloseable {

    private static final long DEADLINE_SECONDS = 60;

    private final NettyRuntime runtime;
    private final NbdConnector connector;
    private final CompletableFuture<String> disconnected = new CompletableFuture<>();
    private volatile Throwable broken;
    private NbdClientDevice device;

    public RealClient(NbdClientConfig config) {
        runtime = new NettyRuntime("test-client", 1, thrown -> broken = thrown);
        connector = new NbdConnector(runtime.links(0, NettyLinkOptions.DEFAULT), runtime.loop(0), config);
    }

    /** Connects to a server that is just starting: tries until it listens. */
    static RealClient connect(ForeignServer server, NbdClientConfig config) {
        RealClient client = new RealClient(config);
        Awaitility.await("connection to " + server.uri()).atMost(DEADLINE_SECONDS, TimeUnit.SECONDS).until(() -> {
            assertThat(server.isAlive()).as("server lives: " + server.log()).isTrue();
            String failure = client.tryOpen(server.uri());
            if (!failure.isEmpty() && !failure.contains("cannot connect")) {
                throw new AssertionError(failure);
            }
            return failure.isEmpty();
        });
        return client;
    }

    static RealClient connect(ForeignServer server) {
        return connect(server, NbdClientConfig.defaults().withHoles(true));
    }

    /** One attempt. @return the reason of the failure, or the empty string */
    public String tryOpen(String uri) {
        CompletableFuture<String> result = new CompletableFuture<>();
        NbdTarget target = target(uri);
        runtime.loop(0).execute(() -> connector.connect(target, new NbdConnectionListener() {
            @Override
            public void onConnected(NbdClientDevice connected) {
                device = connected;
                result.complete("");
            }

            @Override
            public void onConnectFailed(String reason) {
                result.complete(reason);
            }

            @Override
            public void onDisconnected(String reason) {
                disconnected.complete(reason);
            }
        }));
        return get(result);
    }

    private static NbdTarget target(String uri) {
        NbdUri parsed = NbdUri.parse(uri);
        try {
            return NbdTarget.of(parsed, UriTls.of(parsed, null, warning -> { }));
        } catch (TlsException e) {
            throw new AssertionError(e);
        }
    }

    public NbdClientDevice device() {
        return device;
    }

    public String awaitDisconnect() {
        return get(disconnected);
    }

    private <T> T get(CompletableFuture<T> future) {
        try {
            return future.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError("no result; " + (broken == null ? "the loop is well" : "the loop is broken: " + broken), e);
        }
    }

    /** Submits and waits. */
    public BlockRequest run(Function<BlockCompletion, BlockRequest> newRequest) {
        CompletableFuture<BlockRequest> done = new CompletableFuture<>();
        BlockRequest request = newRequest.apply(done::complete);
        runtime.loop(0).execute(() -> device.submit(request));
        return get(done);
    }

    /** Submits without waiting. */
    public void submit(BlockRequest request) {
        runtime.loop(0).execute(() -> device.submit(request));
    }

    void must(Function<BlockCompletion, BlockRequest> newRequest) {
        BlockRequest ended = run(newRequest);
        assertThat(ended.error()).as(ended.errorDetail()).isEqualTo(BlockError.NONE);
    }

    public byte[] read(long offset, int length) {
        ByteBuffer into = ByteBuffer.allocate(length);
        must(completion -> new BlockRequest().read(offset, into, completion));
        return into.array();
    }

    public void write(long offset, byte[] data, int flags) {
        must(completion -> new BlockRequest().write(offset, ByteBuffer.wrap(data), flags, completion));
    }

    public void flush() {
        must(completion -> new BlockRequest().flush(completion));
    }

    private void onLoop(Consumer<CompletableFuture<String>> action) {
        CompletableFuture<String> done = new CompletableFuture<>();
        runtime.loop(0).execute(() -> action.accept(done));
        get(done);
    }

    @Override
    public void close() {
        if (device != null) {
            onLoop(done -> device.close(() -> done.complete("")));
        }
        runtime.close();
        assertThat(broken).isNull();
    }
}
