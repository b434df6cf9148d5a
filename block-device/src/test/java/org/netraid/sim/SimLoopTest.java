/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.netraid.store.StateFolderException;
import org.netraid.time.EventLoop;

class SimLoopTest {

    private final SimScheduler sim = new SimScheduler(5);
    private final SimLoop loop = sim.loop("a");
    private final List<String> ran = new ArrayList<>();

    @Test
    void shouldRunTasksLaterInOrderAndTimersInTime() {
        loop.schedule(2_000, () -> ran.add("timer2"));
        loop.schedule(1_000, () -> ran.add("timer1"));
        EventLoop.Timer cancelled = loop.schedule(1_500, () -> ran.add("cancelled"));
        loop.execute(() -> {
            ran.add("first");
            loop.execute(() -> ran.add("third"));
        });
        loop.execute(() -> ran.add("second"));
        assertThat(ran).isEmpty();
        cancelled.cancel();
        sim.runUntilIdle(100);
        assertThat(ran).containsExactly("first", "second", "third", "timer1", "timer2");
        assertThat(loop.nanoTime()).isEqualTo(2_000);
    }

    @Test
    void shouldDropEverythingWhenKilled() {
        loop.execute(() -> ran.add("task"));
        loop.schedule(10, () -> ran.add("timer"));
        loop.kill();
        loop.execute(() -> ran.add("late"));
        sim.runUntilIdle(100);
        assertThat(ran).isEmpty();
    }

    @Test
    void shouldRunNothingWhilePausedAndEverythingAfter() {
        loop.pause();
        loop.execute(() -> ran.add("task"));
        loop.schedule(10, () -> ran.add("timer"));
        sim.runUntilIdle(100);
        assertThat(ran).isEmpty();
        loop.resume();
        sim.runUntilIdle(100);
        assertThat(ran).containsExactlyInAnyOrder("task", "timer");
    }

    @Test
    void shouldKillTheNodeAtTheInstructionThatCrashes() {
        SimStateFolder folder = new SimStateFolder("state");
        folder.write("flag", bytes("old"));
        folder.crashAfter("flag");
        List<String> crashes = new ArrayList<>();
        loop.onCrash(crash -> crashes.add(crash.getMessage()));
        loop.execute(() -> {
            folder.write("flag", bytes("new"));
            ran.add("never");
        });
        loop.execute(() -> ran.add("never"));
        sim.runUntilIdle(100);
        assertThat(ran).isEmpty();
        assertThat(crashes).singleElement().asString().contains("state/flag");
        assertThat(folder.read("flag")).contains(bytes("new"));
    }

    @Test
    void shouldKeepOldFileWhenWriteFails() {
        SimStateFolder folder = new SimStateFolder("state");
        folder.write("flag", bytes("old"));
        folder.failNext("flag");
        assertThatThrownBy(() -> folder.write("flag", bytes("new"))).isInstanceOf(StateFolderException.class);
        assertThat(folder.read("flag")).contains(bytes("old"));
        folder.write("flag", bytes("newer"));
        assertThat(folder.list()).containsExactly("flag");
        folder.delete("flag");
        assertThat(folder.read("flag")).isEmpty();
    }

    @Test
    void shouldNotLetOneStreamOfRandomnessShiftAnother() {
        long expected = sim.random("b").nextLong();
        SimScheduler other = new SimScheduler(5);
        other.random("a").nextLong();
        assertThat(other.random("b").nextLong()).isEqualTo(expected);
        assertThat(new SimScheduler(6).random("b").nextLong()).isNotEqualTo(expected);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
