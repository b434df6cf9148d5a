/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockRequest;
import org.netraid.link.io.NettyEventLoop;
import org.netraid.link.io.NettyRuntime;

/** A real loop and real disk workers for the tests of this package. */
final class RealLoop implements AutoCloseable {

    final List<Throwable> uncaught = new CopyOnWriteArrayList<>();
    final NettyRuntime runtime = new NettyRuntime("test-loop", 1, uncaught::add);
    final NettyEventLoop loop = runtime.loop(0);
    final DiskWorkers workers = new DiskWorkers("test-disk", 2);

    <T> T call(Callable<T> action) throws Exception {
        CompletableFuture<T> result = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                result.complete(action.call());
            } catch (Exception | AssertionError e) {
                result.completeExceptionally(e);
            }
        });
        return result.get(10, TimeUnit.SECONDS);
    }

    void run(Runnable action) throws Exception {
        call(() -> {
            action.run();
            return null;
        });
    }

    void until(BooleanSupplier condition) {
        await().atMost(Duration.ofSeconds(90)).pollInterval(Duration.ofMillis(2)).until(condition::getAsBoolean);
    }

    /** Submits and waits for the end. */
    BlockRequest submit(BlockDevice device, BlockRequest request) throws Exception {
        run(() -> device.submit(request));
        until(() -> !request.isSubmitted());
        return request;
    }

    void close(BlockDevice device) throws Exception {
        CompletableFuture<Boolean> closed = new CompletableFuture<>();
        run(() -> device.close(() -> closed.complete(true)));
        closed.get(10, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        workers.close();
        runtime.close();
    }
}
