/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockCompletion;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockRequest;
import org.netraid.block.io.DeviceOpenException;
import org.netraid.block.io.DiskWorkers;
import org.netraid.block.io.FileBlockDevice;
import org.netraid.block.io.FileDeviceOptions;
import org.netraid.link.LinkTls;
import org.netraid.link.io.NettyLinkOptions;
import org.netraid.link.io.NettyRuntime;
import org.netraid.nbd.client.MultiConnector;
import org.netraid.nbd.client.NbdClientConfig;
import org.netraid.nbd.client.NbdClientDevice;
import org.netraid.nbd.client.NbdConnectionListener;
import org.netraid.nbd.client.NbdConnector;
import org.netraid.nbd.client.NbdMultiDevice;
import org.netraid.nbd.client.NbdTarget;
import org.netraid.nbd.wire.ListedExport;
import org.netraid.nbd.wire.NbdFormatException;
import org.netraid.nbd.wire.NbdUri;
import org.netraid.time.EventLoop;

/** One loop thread and the connections of one command; its methods are for the main thread and wait. */
final class ClientSession implements AutoCloseable {

    private static final long CLOSE_SECONDS = 10;

    private final NettyRuntime runtime;
    private final NbdConnector connector;
    private final TlsOptions tls;
    private final List<BlockDevice> devices = new ArrayList<>();
    private DiskWorkers workers;
    private volatile Throwable broken;

    ClientSession(long timeoutSeconds, TlsOptions tls, UnaryOperator<NbdClientConfig> adjust) {
        this.tls = tls;
        long timeoutNs = TimeUnit.SECONDS.toNanos(timeoutSeconds);
        NbdClientConfig config = NbdClientConfig.defaults().withHoles(true).withConnectTimeoutNs(timeoutNs)
                .withHandshakeTimeoutNs(timeoutNs).withRequestTimeoutNs(timeoutNs);
        runtime = new NettyRuntime("nbd-client", 1, thrown -> broken = thrown);
        connector = new NbdConnector(runtime.links(0, NettyLinkOptions.DEFAULT), runtime.loop(0), adjust.apply(config));
    }

    EventLoop loop() {
        return runtime.loop(0);
    }

    static boolean isUri(String text) {
        return text.contains("://");
    }

    static NbdUri uri(String text) {
        try {
            return NbdUri.parse(text);
        } catch (NbdFormatException e) {
            throw new CliFailure(e.getMessage());
        }
    }

    /** Connects to an export. */
    NbdClientDevice open(NbdUri uri) {
        NbdTarget target = NbdTarget.of(uri, tls.of(uri));
        NbdClientDevice device = call("the connection to " + uri, (result, failed) ->
                connector.connect(target, new NbdConnectionListener() {
                    @Override
                    public void onConnected(NbdClientDevice connected) {
                        result.accept(connected);
                    }

                    @Override
                    public void onConnectFailed(String reason) {
                        failed.accept(reason);
                    }

                    @Override
                    public void onDisconnected(String reason) {
                        // requests in flight say so
                    }
                }));
        devices.add(device);
        return device;
    }

    /** Connects to an export over several connections, where the server allows it. */
    NbdMultiDevice open(NbdUri uri, int connections) {
        NbdTarget target = NbdTarget.of(uri, tls.of(uri));
        NbdMultiDevice device = call("the connection to " + uri, (result, failed) ->
                MultiConnector.connect(connector, target, connections, new MultiConnector.Listener() {
                    @Override
                    public void onConnected(NbdMultiDevice connected) {
                        result.accept(connected);
                    }

                    @Override
                    public void onConnectFailed(String reason) {
                        failed.accept(reason);
                    }

                    @Override
                    public void onDisconnected(String reason) {
                        // requests in flight say so
                    }
                }));
        devices.add(device);
        return device;
    }

    List<ListedExport> list(NbdUri uri) {
        LinkTls settings = tls.of(uri);
        return call("the list of " + uri, (result, failed) -> connector.list(uri.address(), settings, result, failed));
    }

    /**
     * Opens an export or, if the text is no URI, a file or block device.
     *
     * @param connections of an export
     */
    BlockDevice open(String uriOrFile, FileDeviceOptions fileOptions, int connections) {
        if (isUri(uriOrFile)) {
            return open(uri(uriOrFile), connections);
        }
        if (workers == null) {
            workers = new DiskWorkers("nbd-client-disk", 2);
        }
        return call(uriOrFile, (result, failed) -> {
            try {
                FileBlockDevice device = FileBlockDevice.open(Path.of(uriOrFile), fileOptions, loop(), workers);
                devices.add(device);
                result.accept(device);
            } catch (DeviceOpenException | InvalidPathException e) {
                failed.accept(e.getMessage());
            }
        });
    }

    /** Flushes, if the device can, and waits. */
    void flush(BlockDevice device) {
        if (device.can(BlockCapability.FLUSH)) {
            submit(device, completion -> new BlockRequest().flush(completion)).await();
        }
    }

    /** What an asynchronous operation on the loop does: calls one of the two, once. */
    interface Operation<T> {
        void start(Consumer<T> result, Consumer<String> failed);
    }

    /** Runs it on the loop and waits for its end. */
    <T> T call(String what, Operation<T> operation) {
        CompletableFuture<T> future = new CompletableFuture<>();
        loop().execute(() -> {
            try {
                operation.start(future::complete, reason -> future.completeExceptionally(new CliFailure(reason)));
            } catch (RuntimeException e) {
                future.completeExceptionally(e);
            }
        });
        return await(future, what);
    }

    private <T> T await(CompletableFuture<T> future, String what) {
        while (true) {
            try {
                return future.get(1, TimeUnit.SECONDS);
            } catch (TimeoutException stillRunning) {
                if (broken != null) {
                    throw new CliFailure("internal error during " + what + ": " + broken);
                }
            } catch (ExecutionException e) {
                if (e.getCause() instanceof CliFailure failure) {
                    throw failure;
                }
                throw new CliFailure(what + " failed: " + e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CliFailure(what + " was interrupted");
            }
        }
    }

    /** A request on its way; {@link #await} is for the main thread. */
    final class Submitted {
        private final Semaphore over = new Semaphore(0);
        private final String device;
        private BlockRequest request;

        private Submitted(String device) {
            this.device = device;
        }

        /** Returns when it has ended well. */
        void await() {
            try {
                while (!over.tryAcquire(1, TimeUnit.SECONDS)) {
                    if (broken != null) {
                        throw new CliFailure("internal error: " + broken);
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CliFailure("interrupted");
            }
            if (request.error().isError()) {
                throw new CliFailure(request.errorDetail().isEmpty() ? device + ": " + request : request.errorDetail());
            }
        }
    }

    /** Throws if the loop is broken, so that nobody waits for ever. */
    void check() {
        if (broken != null) {
            throw new CliFailure("internal error: " + broken);
        }
    }

    /** Submits on the loop without waiting. @param newRequest makes the request, given its completion */
    Submitted submit(BlockDevice device, Function<BlockCompletion, BlockRequest> newRequest) {
        Submitted submitted = new Submitted(device.name());
        BlockRequest request = newRequest.apply(ended -> submitted.over.release());
        submitted.request = request;
        loop().execute(() -> device.submit(request));
        return submitted;
    }

    /** Closes every device in order, for a bounded time, and ends the loop. */
    @Override
    public void close() {
        for (BlockDevice device : devices) {
            CompletableFuture<Void> closed = new CompletableFuture<>();
            loop().execute(() -> device.close(() -> closed.complete(null)));
            try {
                closed.get(CLOSE_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException | TimeoutException late) {
                // the process ends anyway, and takes the socket with it
                break;
            }
        }
        runtime.close();
        if (workers != null) {
            workers.close();
        }
    }
}
