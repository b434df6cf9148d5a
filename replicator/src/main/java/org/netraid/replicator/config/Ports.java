/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

import java.util.function.IntPredicate;

/** DataKeeper's rule for the port of a mirror: 10001 + its number + 256 i, with the first i of which the port is free. */
public final class Ports {

    /** Instead of a number in {@code host:auto}. */
    public static final String AUTO = "auto";
    private static final int FIRST = 10001;
    private static final int STEP = 256;
    private static final int LAST = 65535;

    private Ports() {
    }

    /**
     * @param mirror number of the mirror in the configuration, from 0
     * @param taken true for a port that is in /etc/services, in use, or another mirror's
     * @return -1 if every port of the row is taken
     */
    public static int choose(int mirror, IntPredicate taken) {
        for (int port = FIRST + mirror; port <= LAST; port += STEP) {
            if (!taken.test(port)) {
                return port;
            }
        }
        return -1;
    }
}
