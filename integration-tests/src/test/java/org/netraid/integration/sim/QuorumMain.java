/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import java.util.Set;
import org.netraid.replicator.node.QuorumSim;

/** {@code bin/sim --quorum}: whole nodes that vote, under partitions and crashes. */
final class QuorumMain {

    private QuorumMain() {
    }

    static boolean run(long firstSeed, int seeds, int steps, Set<String> armed, boolean quiet, boolean keepGoing) {
        String defect = armed.isEmpty() ? "" : armed.iterator().next();
        long startNs = System.nanoTime();
        int bad = 0;
        int ran = 0;
        for (long seed = firstSeed; seed < firstSeed + seeds && (bad == 0 || keepGoing); seed++) {
            ran++;
            try {
                String line = QuorumSim.run(seed, steps, defect);
                if (!quiet) {
                    System.out.println(line);
                }
            } catch (AssertionError violation) {
                bad++;
                System.out.println(quiet ? violation.getMessage().lines().findFirst().orElse("") : violation.getMessage());
                System.out.println("  replay: bin/sim --quorum --seed " + seed + " --steps " + steps
                        + (defect.isEmpty() ? "" : " --break " + defect));
            }
        }
        double seconds = (System.nanoTime() - startNs) / 1e9;
        System.out.printf("%d seeds from %d, %s, %.1f s%n", ran, firstSeed, bad == 0 ? "no violation" : bad + " with violations", seconds);
        return bad == 0;
    }
}
