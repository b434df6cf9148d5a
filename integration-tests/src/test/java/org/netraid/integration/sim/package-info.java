/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The cluster simulator: one seed drives a source with its mirror, intent log and resync, one to three targets, a client
 * and a plan of faults, all on simulated disks and links, and checks the guarantees after every event.
 *
 * <p>{@link org.netraid.integration.sim.SimMain} is {@code bin/sim}. Checkers ({@code *Checker}) know disks, the client's
 * history and the public face of mirror and log; they share no code with the engine nor with the workload. Single-threaded.
 */
package org.netraid.integration.sim;
