/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import org.netraid.replicator.node.QuorumSim;

/** {@code bin/sim}: runs seeds, prints one line for each that matters, ends with 1 at the first violation. */
public final class SimMain {

    private static final int DEFAULT_STEPS = 300;
    private static final int MAX_JOBS = 64;
    private static final String USAGE = """
            usage: bin/sim [--seed N] [--seeds COUNT] [--steps N] [--jobs N] [--break NAME] [--trace] [--quiet] [--keep-going]
              --seed N      first seed (default: drawn from the clock)
              --seeds COUNT consecutive seeds to run (default 1)
              --steps N     client operations per seed (default 300)
              --jobs N      seeds to run at a time, each in a thread of its own (default 1)
              --break NAME  plant a defect (may be repeated): ack-before-detach-is-noted, ack-before-intent, ack-before-mirrored,
                            ack-before-stale, clear-bit-before-flush, drop-journal-record, end-intent-early,
                            extent-released-while-active, forget-queue-on-loss, forget-waiting-write, replay-out-of-order,
                            replay-what-was-sent, resync-without-lock, send-next-epoch-early,
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

    private static final Set<String> DEFECTS = Set.of("ack-before-detach-is-noted", "ack-before-intent", "ack-before-mirrored",
            "ack-before-stale", "clear-bit-before-flush", "drop-journal-record", "end-intent-early", "extent-released-while-active",
            "forget-queue-on-loss", "forget-waiting-write", "replay-out-of-order", "replay-what-was-sent", "resync-without-lock",
            "send-next-epoch-early", "skip-range-lock", "torn-page-accepted");

    public static void main(String[] args) {
        Campaign.Options options;
        boolean quorum = List.of(args).contains("--quorum");
        try {
            options = parse(args, quorum);
        } catch (IllegalArgumentException e) {
            System.err.println("sim: " + e.getMessage());
            System.err.print(USAGE);
            System.exit(2);
            return;
        }
        boolean good = quorum ? QuorumMain.run(options.seed(), options.seeds(), options.steps(), options.armed(), options.quiet(),
                options.keepGoing()) : new Campaign(options).run();
        System.exit(good ? 0 : 1);
    }

    private static Campaign.Options parse(String[] args, boolean quorum) {
        long seed = System.currentTimeMillis();
        int seeds = 1;
        int jobs = 1;
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
                case "--jobs" -> jobs = (int) Math.max(1, number(args, ++i, MAX_JOBS));
                case "--steps" -> steps = (int) number(args, ++i, Integer.MAX_VALUE);
                case "--break" -> armed.add(defect(value(args, ++i), quorum));
                default -> throw new IllegalArgumentException("unknown option " + args[i]);
            }
        }
        if (jobs > 1 && (trace || quorum)) {
            throw new IllegalArgumentException("--jobs goes with neither --trace nor --quorum: their lines would be mixed");
        }
        return new Campaign.Options(seed, seeds, steps, jobs, armed, trace, quiet, keepGoing);
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
