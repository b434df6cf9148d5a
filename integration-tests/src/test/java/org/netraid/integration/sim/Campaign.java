/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import org.netraid.fault.FaultPoints;

/** Runs the clusters of many seeds, several at a time if asked: each is a world of its own in one thread. */
final class Campaign {

    /**
     * What the command line asks for.
     *
     * @param seed the first one
     * @param seeds how many
     * @param steps operations of the client for each
     * @param jobs threads
     * @param armed names of planted defects
     */
    record Options(long seed, int seeds, int steps, int jobs, Set<String> armed, boolean trace, boolean quiet, boolean keepGoing) {

        /** The command line that runs this seed again. */
        String replay(long failedSeed) {
            StringBuilder line = new StringBuilder("bin/sim --seed " + failedSeed + " --steps " + steps);
            armed.forEach(name -> line.append(" --break ").append(name));
            return line.append(" --trace").toString();
        }
    }

    private final Options options;
    private final FaultPoints faults;
    private final long startNs = System.nanoTime();
    private final Tally tally = new Tally();
    private int given;
    private int ran;
    private int violations;
    private long events;
    private long cpuNs;
    private double simulatedSeconds;

    Campaign(Options options) {
        this.options = options;
        Set<String> armed = options.armed();
        this.faults = armed::contains;
    }

    /** @return false if a guarantee was broken */
    boolean run() {
        List<Thread> threads = new ArrayList<>();
        for (int i = 1; i < options.jobs(); i++) {
            Thread thread = new Thread(this::work, "sim-" + i);
            thread.start();
            threads.add(thread);
        }
        work();
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException("interrupted while seeds are running", e);
            }
        }
        report();
        return violations == 0;
    }

    private void work() {
        for (long seed = next(); seed >= 0; seed = next()) {
            ClusterSim sim = new ClusterSim(seed, options.steps(), faults);
            if (options.trace()) {
                System.out.println(sim.settings() + " " + sim.mix());
                sim.scheduler().traceTo(System.out::println);
            }
            try {
                good(sim, sim.run());
            } catch (RuntimeException | AssertionError violation) {
                bad(sim, seed, violation);
            }
        }
        addCpuTime(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime());
    }

    /** @return the next seed; -1 if there is none */
    private synchronized long next() {
        return given == options.seeds() || violations > 0 && !options.keepGoing() ? -1 : options.seed() + given++;
    }

    private synchronized void addCpuTime(long threadNs) {
        cpuNs += threadNs;
    }

    private synchronized void good(ClusterSim sim, ClusterSim.Result result) {
        count(sim);
        simulatedSeconds += result.simulatedNs() / 1e9;
        if (!options.quiet()) {
            System.out.println(result);
        } else if (ran % 100 == 0) {
            System.err.printf("sim: %d of %d seeds run%n", ran, options.seeds());
        }
    }

    private synchronized void bad(ClusterSim sim, long seed, Throwable violation) {
        count(sim);
        violations++;
        System.out.printf("seed %d VIOLATION after %d events at %.6f simulated ms, trace %016x%n  %s%n", seed,
                sim.scheduler().steps(), sim.scheduler().nanoTime() / 1e6, sim.scheduler().traceHash(), violation.getMessage());
        if (!(violation instanceof SimViolation)) {
            violation.printStackTrace(System.out);
        }
        System.out.printf("  %s %s%n  replay: %s%n", sim.settings(), sim.mix(), options.replay(seed));
    }

    private void count(ClusterSim sim) {
        ran++;
        events += sim.scheduler().steps();
        tally.add(sim.tally());
    }

    private void report() {
        double seconds = (System.nanoTime() - startNs) / 1e9;
        System.out.print(tally.text());
        System.out.printf("%d seeds from %d, %s: %d events, %.1f simulated s, %.1f s, %.1f seeds/s, %.1f ms of CPU per seed%n", ran,
                options.seed(), violations == 0 ? "no violation" : violations + " with violations", events, simulatedSeconds, seconds,
                ran / seconds, cpuNs / 1e6 / Math.max(1, ran));
    }
}
