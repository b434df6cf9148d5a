/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.netraid.time.EventLoop;

/** Looks host names up away from the loop, because the resolver blocks; literal addresses take no thread. */
final class NameResolver implements AutoCloseable {

    private static final int MAX_WAITING = 64;
    private static final long IDLE_SECONDS = 10;

    private final ThreadPoolExecutor threads;

    NameResolver(String threadName) {
        threads = new ThreadPoolExecutor(2, 2, IDLE_SECONDS, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MAX_WAITING), task -> {
            Thread thread = new Thread(task, threadName);
            thread.setDaemon(true);
            return thread;
        });
        threads.allowCoreThreadTimeOut(true);
    }

    /** Answers on the loop: at least one address, or a reason. For a literal address inside this call. */
    void resolve(String host, EventLoop loop, Consumer<InetAddress[]> found, Consumer<String> failed) {
        String bare = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
        if (bare.isEmpty()) {
            failed.accept("the host name is empty");
            return;
        }
        if (NetUtil.isValidIpV4Address(bare) || NetUtil.isValidIpV6Address(bare)) {
            lookUp(bare, Runnable::run, found, failed);
            return;
        }
        try {
            threads.execute(() -> lookUp(bare, loop::execute, found, failed));
        } catch (RejectedExecutionException full) {
            failed.accept("too many host names wait to be looked up");
        }
    }

    private static void lookUp(String host, Consumer<Runnable> answer, Consumer<InetAddress[]> found, Consumer<String> failed) {
        InetAddress[] addresses;
        try {
            addresses = InetAddress.getAllByName(host);
        } catch (UnknownHostException unknown) {
            answer.accept(() -> failed.accept("unknown host " + host));
            return;
        }
        answer.accept(() -> found.accept(addresses));
    }

    @Override
    public void close() {
        threads.shutdown();
    }
}
