/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.sim;

import java.util.ArrayDeque;
import java.util.function.Consumer;

import org.netraid.time.EventLoop;

/**
 * The event loop of one simulated node. Tasks run in the order of {@link #execute}, one per scheduler step. {@link #kill} is
 * the crash of the node's process: nothing that waits on this loop ever runs.
 */
public final class SimLoop implements EventLoop {

    private final SimScheduler scheduler;
    private final String name;
    private final String taskLabel;
    private final String timerLabel;
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private boolean turnPending;
    private boolean alive = true;
    private boolean paused;
    private boolean running;
    private Consumer<SimCrash> crashHandler;

    SimLoop(SimScheduler scheduler, String name) {
        this.scheduler = scheduler;
        this.name = name;
        this.taskLabel = name + ".task";
        this.timerLabel = name + ".timer";
    }

    public String name() {
        return name;
    }

    @Override
    public long nanoTime() {
        return scheduler.nanoTime();
    }

    @Override
    public void execute(Runnable task) {
        if (alive) {
            tasks.add(task);
            scheduleTurn();
        }
    }

    @Override
    public Timer schedule(long delayNs, Runnable task) {
        SimScheduler.Event event = scheduler.after(Math.max(0, delayNs), timerLabel, () -> fire(task));
        return event::cancel;
    }

    /** The process dies now: pending tasks and timers never run, later ones are dropped. */
    public void kill() {
        alive = false;
        tasks.clear();
    }

    public boolean isAlive() {
        return alive;
    }

    /** As SIGSTOP: nothing runs until {@link #resume}; timers that come due meanwhile run then. */
    public void pause() {
        paused = true;
    }

    /** As SIGCONT. */
    public void resume() {
        paused = false;
        scheduleTurn();
    }

    public boolean isPaused() {
        return paused;
    }

    /** True while one of this loop's tasks is on the stack. */
    public boolean isRunning() {
        return running;
    }

    /** Who is told when a task throws {@link SimCrash}; the loop is dead by then. Without it the error goes up. */
    public void onCrash(Consumer<SimCrash> handler) {
        crashHandler = handler;
    }

    private void scheduleTurn() {
        if (!turnPending && !tasks.isEmpty() && !paused && alive) {
            turnPending = true;
            scheduler.after(0, taskLabel, this::turn);
        }
    }

    private void turn() {
        turnPending = false;
        if (!alive || paused || tasks.isEmpty()) {
            return;
        }
        Runnable task = tasks.poll();
        scheduleTurn();
        run(task);
    }

    private void fire(Runnable task) {
        if (!alive) {
            return;
        }
        if (paused) {
            tasks.add(task);
        } else {
            run(task);
        }
    }

    private void run(Runnable task) {
        running = true;
        try {
            task.run();
        } catch (SimCrash crash) {
            kill();
            if (crashHandler == null) {
                throw crash;
            }
            crashHandler.accept(crash);
        } finally {
            running = false;
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
