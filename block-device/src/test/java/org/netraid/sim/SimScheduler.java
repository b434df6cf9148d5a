/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.sim;

import java.util.PriorityQueue;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

import org.netraid.time.NanoClock;

/**
 * The one source of turns, time and randomness of a simulation: events run one by one in the order of their virtual time, and
 * events of the same time in an order drawn from the seed.
 */
public final class SimScheduler implements NanoClock {

    private final long seed;
    private final SimRandom root;
    private final SimRandom tieBreaks;
    private final PriorityQueue<Event> queue = new PriorityQueue<>();
    private long nowNs;
    private long sequence;
    private long steps;
    private long hash = 0xcbf29ce484222325L;
    private Consumer<String> trace;

    public SimScheduler(long seed) {
        this.seed = seed;
        this.root = new SimRandom(seed);
        this.tieBreaks = root.fork("scheduler.ties");
    }

    public long seed() {
        return seed;
    }

    /** A stream of randomness for one user; the same name gives the same stream from its beginning. */
    public SimRandom random(String name) {
        return root.fork(name);
    }

    /** A new event loop; one per node (or more, for a node of several threads). */
    public SimLoop loop(String name) {
        return new SimLoop(this, name);
    }

    @Override
    public long nanoTime() {
        return nowNs;
    }

    /** Runs the action {@code delayNs} from now; the label goes into the trace and its hash. */
    public Event after(long delayNs, String label, Runnable action) {
        if (delayNs < 0) {
            throw new IllegalArgumentException("delay " + delayNs + " ns of " + label + " is negative");
        }
        Event event = new Event(nowNs + delayNs, tieBreaks.nextLong(), sequence++, label, action);
        queue.add(event);
        return event;
    }

    /** Runs the next event. @return false if there is none */
    public boolean step() {
        Event event;
        do {
            event = queue.poll();
            if (event == null) {
                return false;
            }
        } while (event.action == null);
        nowNs = event.timeNs;
        steps++;
        record(event.label);
        Runnable action = event.action;
        event.action = null;
        action.run();
        return true;
    }

    /**
     * Runs until no event is left.
     *
     * @throws AssertionError after {@code maxSteps} events: something never comes to rest
     */
    public void runUntilIdle(long maxSteps) {
        for (long i = 0; i < maxSteps; i++) {
            if (!step()) {
                return;
            }
        }
        throw new AssertionError("not idle after " + maxSteps + " steps at " + nowNs + " ns, seed " + seed);
    }

    /** Runs every event due within the next {@code durationNs} and sets the clock to the end of that time. */
    public void runFor(long durationNs) {
        long endNs = nowNs + durationNs;
        while (true) {
            Event head = queue.peek();
            if (head != null && head.action == null) {
                queue.poll();
            } else if (head == null || head.timeNs > endNs) {
                break;
            } else {
                step();
            }
        }
        nowNs = endNs;
    }

    /** Runs until the condition holds. @return false if events or {@code maxSteps} ran out first */
    public boolean runUntil(BooleanSupplier condition, long maxSteps) {
        for (long i = 0; i <= maxSteps; i++) {
            if (condition.getAsBoolean()) {
                return true;
            }
            if (i == maxSteps || !step()) {
                break;
            }
        }
        return condition.getAsBoolean();
    }

    /** Adds something that has happened to the trace and its hash. */
    public void record(String what) {
        hash = (hash ^ what.hashCode()) * 0x100000001b3L;
        hash = (hash ^ nowNs) * 0x100000001b3L;
        hash ^= hash >>> 29;
        note(what);
    }

    /** Adds a line to the trace for people; the hash stays, so that a run is the same with and without a trace. */
    public void note(String what) {
        if (trace != null) {
            trace.accept(String.format("%14.6f %s", nowNs / 1e6, what));
        }
    }

    /** Gets one line (milliseconds, label) for every event from now on; null for none. */
    public void traceTo(Consumer<String> lines) {
        trace = lines;
    }

    public boolean isTracing() {
        return trace != null;
    }

    /** Fingerprint of everything that has happened so far: equal for equal seeds. */
    public long traceHash() {
        return hash;
    }

    /** Events run so far. */
    public long steps() {
        return steps;
    }

    public boolean isIdle() {
        while (!queue.isEmpty() && queue.peek().action == null) {
            queue.poll();
        }
        return queue.isEmpty();
    }

    /** Something that will happen. */
    public static final class Event implements Comparable<Event> {
        private final long timeNs;
        private final long tieBreak;
        private final long sequence;
        private final String label;
        private Runnable action;

        private Event(long timeNs, long tieBreak, long sequence, String label, Runnable action) {
            this.timeNs = timeNs;
            this.tieBreak = tieBreak;
            this.sequence = sequence;
            this.label = label;
            this.action = action;
        }

        /** It will not happen; nothing if it already has. */
        public void cancel() {
            action = null;
        }

        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(timeNs, other.timeNs);
            if (byTime != 0) {
                return byTime;
            }
            int byTie = Long.compare(tieBreak, other.tieBreak);
            return byTie != 0 ? byTie : Long.compare(sequence, other.sequence);
        }
    }
}
