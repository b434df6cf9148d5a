/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.soak;

import java.nio.file.Path;

/**
 * What a soak run does.
 *
 * @param requests completed requests after which it ends
 * @param connections clients in this process
 * @param depth requests each of them keeps in flight
 * @param sizeBytes size of the exported file
 * @param folder where file and socket are made
 * @param tcp TCP on the loopback instead of a unix socket
 * @param killEvery requests of one client between two cuts, on average; 0 for none
 * @param killProcessSeconds a client process beside them is killed after so long, on average; 0 for none
 * @param requestsPerSecond no more than so many; 0 for as many as possible
 * @param samples lines of the series
 * @param seed for everything random
 */
public record SoakSettings(long requests, int connections, int depth, long sizeBytes, Path folder, boolean tcp, int killEvery,
        int killProcessSeconds, int requestsPerSecond, int samples, long seed) {
}
