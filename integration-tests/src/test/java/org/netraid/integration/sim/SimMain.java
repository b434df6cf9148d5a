/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import org.netraid.fault.FaultPoints;
import org.netraid.replicator.node.QuorumSim;

/** {@code bin/sim}: runs seeds, prints one line for each that matters, ends with 1 at the first violation. */
public final class SimMain {

    private static final int DEFAULT_STEPS = 300;
    private static final String USAGE = """
            usage: bin/sim [--seed N] [--seeds COUNT] [--steps N] [--break NAME] [--trace] [--quiet] [--keep-going]
              --seed N      first seed (default: drawn from the clock)
              --seeds COUNT consecutive seeds to run (default 1)
              --steps N     client operations per seed (default 300)
              --break NAME  plant a defect (may be repeated): ack-before-intent, ack-before-mirrored, ack-before-stale,
                            clear-bit-before-flush, end-intent-early, extent-released-while-active, forget-queue-on-loss,
                            replay-out-of-order, replay-what-was-sent, resync-without-lock, send-next-epoch-early,
                            skip-range-lock, torn-page-accepted
              --quorum      whole nodes with quorum = "majority" under partitions and crashes instead (default 40 steps); with --break
                            agree-to-every-generation, forget-votes, pass-the-gate-alone
              --trace       print every event
              --keep-going  run the other seeds too when one has failed
              --quiet       print violations and the summary only
            """;

    private static final int QUORUM_STEPS = 40;

    private SimMain() {
    }

    /** What the command line asks for. */
    private record Options(long seed, int seeds, int steps, Set<String> armed, boolean trace, boolean quiet, boolean keepGoing,
            boolean quorum) {

        FaultPoints faults() {
            return armed::contains;
        }

        /** The command line that runs this seed again. */
        String replay(long failedSeed) {
            StringBuilder line = new StringBuilder("bin/sim --seed " + failedSeed + " --steps " + steps);
            armed.forEach(name -> line.append(" --break ").append(name));
            return line.append(" --trace").toString();
        }
    }

    private static final Set<String> DEFECTS = Set.of("ack-before-intent", "ack-before-mirrored", "ack-before-stale",
            "clear-bit-before-flush", "end-intent-early", "extent-released-while-active", "forget-queue-on-loss", "replay-out-of-order",
            "replay-what-was-sent", "resync-without-lock",
            "send-next-epoch-early", "skip-range-lock", "torn-page-accepted");

    public static void main(String[] args) {
        Options options;
        try {
            options = parse(args);
        } catch (IllegalArgumentException e) {
            System.err.println("sim: " + e.getMessage());
            System.err.print(USAGE);
            System.exit(2);
            return;
        }
        boolean good = options.quorum() ? QuorumMain.run(options.seed(), options.seeds(), options.steps(), options.armed(), options.quiet(),
                options.keepGoing()) : run(options);
        System.exit(good ? 0 : 1);
    }

    private static boolean run(Options options) {
        long startNs = System.nanoTime();
        int violations = 0;
        int ran = 0;
        long events = 0;
        double simulatedSeconds = 0;
        for (int i = 0; i < options.seeds(); i++) {
            long seed = options.seed() + i;
            ran++;
            ClusterSim sim = new ClusterSim(seed, options.steps(), options.faults());
            if (options.trace()) {
                System.out.println(sim.settings() + " " + sim.mix());
                sim.scheduler().traceTo(System.out::println);
            }
            try {
                ClusterSim.Result result = sim.run();
                events += result.events();
                simulatedSeconds += result.simulatedNs() / 1e9;
                if (!options.quiet()) {
                    System.out.println(result);
                } else if (ran % 100 == 0) {
                    System.err.printf("sim: %d of %d seeds run%n", ran, options.seeds());
                }
            } catch (SimViolation | RuntimeException violation) {
                System.out.printf("seed %d VIOLATION after %d events at %.6f simulated ms, trace %016x%n  %s%n", seed,
                        sim.scheduler().steps(), sim.scheduler().nanoTime() / 1e6, sim.scheduler().traceHash(), violation.getMessage());
                if (!(violation instanceof SimViolation)) {
                    violation.printStackTrace(System.out);
                }
                System.out.printf("  %s %s%n  replay: %s%n", sim.settings(), sim.mix(), options.replay(seed));
                violations++;
                if (!options.keepGoing()) {
                    break;
                }
            }
        }
        double seconds = (System.nanoTime() - startNs) / 1e9;
        System.out.printf("%d seeds from %d, %s: %d events, %.1f simulated s, %.1f s, %.1f seeds/s%n", ran, options.seed(),
                violations == 0 ? "no violation" : violations + " with violations", events, simulatedSeconds, seconds, ran / seconds);
        return violations == 0;
    }

    private static Options parse(String[] args) {
        long seed = System.currentTimeMillis();
        int seeds = 1;
        boolean quorum = List.of(args).contains("--quorum");
        int steps = quorum ? QUORUM_STEPS : DEFAULT_STEPS;
        boolean trace = false;
        boolean quiet = false;
        boolean keepGoing = false;
        TreeSet<String> armed = new TreeSet<>();
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--trace" -> trace = true;
                case "--quiet" -> quiet = true;
                case "--keep-going" -> keepGoing = true;
                case "--quorum" -> { }
                case "--seed" -> seed = number(args, ++i, Long.MAX_VALUE);
                case "--seeds" -> seeds = (int) number(args, ++i, Integer.MAX_VALUE);
                case "--steps" -> steps = (int) number(args, ++i, Integer.MAX_VALUE);
                case "--break" -> armed.add(defect(value(args, ++i), quorum));
                default -> throw new IllegalArgumentException("unknown option " + args[i]);
            }
        }
        return new Options(seed, seeds, steps, armed, trace, quiet, keepGoing, quorum);
    }

    /** A defect nobody plants would look like one nobody finds. */
    private static String defect(String name, boolean quorum) {
        if (!(quorum ? QuorumSim.DEFECTS.contains(name) : DEFECTS.contains(name))) {
            throw new IllegalArgumentException("no defect is called " + name);
        }
        return name;
    }

    private static String value(String[] args, int index) {
        if (index >= args.length) {
            throw new IllegalArgumentException(args[index - 1] + " needs a value");
        }
        return args[index];
    }

    private static long number(String[] args, int index, long max) {
        String text = value(args, index);
        try {
            long number = Long.parseLong(text);
            if (number >= 0 && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException(args[index - 1] + " needs a number from 0 to " + max + ", not '" + text + "'");
    }
}
