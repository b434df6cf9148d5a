/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.netraid.time.EventLoop;

class NettyEventLoopTest {

    private final List<Throwable> uncaught = new CopyOnWriteArrayList<>();
    private final NettyRuntime runtime = new NettyRuntime("test-loop", 1, uncaught::add);
    private final NettyEventLoop loop = runtime.loop(0);

    @AfterEach
    void stop() {
        runtime.close();
    }

    @Test
    void shouldReportAndGoOnWhenTasksThrow() throws Exception {
        CompletableFuture<String> after = new CompletableFuture<>();
        loop.execute(() -> {
            throw new IllegalStateException("task");
        });
        loop.schedule(0, () -> {
            throw new IllegalStateException("timer");
        });
        loop.schedule(1_000_000, () -> after.complete(Thread.currentThread().getName()));
        assertThat(after.get(10, TimeUnit.SECONDS)).startsWith("test-loop-");
        assertThat(uncaught).extracting(Throwable::getMessage).containsExactlyInAnyOrder("task", "timer");
    }

    @Test
    void shouldRunTasksLaterAndInOrderWhenExecutedOnTheLoop() throws Exception {
        List<Integer> order = new ArrayList<>();
        CompletableFuture<List<Integer>> done = new CompletableFuture<>();
        loop.execute(() -> {
            for (int i = 0; i < 5; i++) {
                int number = i;
                loop.execute(() -> {
                    order.add(number);
                    if (number < 2) {
                        loop.execute(() -> order.add(10 + number));
                    }
                });
            }
            order.add(-1);
            loop.execute(() -> loop.execute(() -> loop.execute(() -> done.complete(order))));
        });
        assertThat(done.get(10, TimeUnit.SECONDS)).containsExactly(-1, 0, 1, 2, 3, 4, 10, 11);
    }

    /** A soak of 24 million requests: 10 MiB of heap were wrappers of tasks that workers had handed over, one kept for each. */
    @Test
    void shouldKeepNoMoreWrappersThanItsBoundWhenOthersHandOverTasks() throws Exception {
        int tasks = 20 * NettyEventLoop.MAX_FREE_TASKS;
        CompletableFuture<Integer> kept = new CompletableFuture<>();
        for (int i = 0; i < tasks; i++) {
            loop.execute(() -> { });
        }
        loop.execute(() -> kept.complete(loop.freeTasks()));
        assertThat(kept.get(10, TimeUnit.SECONDS)).isBetween(1, NettyEventLoop.MAX_FREE_TASKS);
        CompletableFuture<Integer> reused = new CompletableFuture<>();
        loop.execute(() -> {
            int before = loop.freeTasks();
            loop.execute(() -> { });
            reused.complete(before - loop.freeTasks());
        });
        assertThat(reused.get(10, TimeUnit.SECONDS)).isEqualTo(1);
    }

    @Test
    void shouldNotRunATimerWhenItIsCancelled() throws Exception {
        List<String> ran = new CopyOnWriteArrayList<>();
        loop.execute(() -> {
            EventLoop.Timer timer = loop.schedule(1_000_000, () -> ran.add("cancelled"));
            loop.schedule(20_000_000, () -> ran.add("kept"));
            timer.cancel();
            timer.cancel();
        });
        await().atMost(Duration.ofSeconds(90)).until(() -> ran.contains("kept"));
        assertThat(ran).containsExactly("kept");
    }

    @Test
    void shouldDropTasksWhenTheRuntimeHasBeenClosed() {
        runtime.close();
        List<String> ran = new CopyOnWriteArrayList<>();
        loop.execute(() -> ran.add("late"));
        loop.schedule(0, () -> ran.add("late timer")).cancel();
        assertThat(ran).isEmpty();
    }
}
