/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The simulator's ground: one seeded scheduler with a virtual clock, loops, disks, links and state folders that can be
 * broken at any event. The same seed gives the same run.
 *
 * <p>Pure and single-threaded. Used by every module's tests (this module's test-jar) and by the cluster simulator
 * {@code bin/sim}. A node is a {@link org.netraid.sim.SimLoop} plus objects; it crashes by {@code loop.kill()} and
 * {@code disk.crash(...)}, and boots by making new objects over the same {@link org.netraid.sim.SimDisk}.
 *
 * <pre>{@code
 * SimScheduler sim = new SimScheduler(seed);
 * SimLoop loop = sim.loop("a");
 * SimDisk disk = new SimDisk(sim, "a.disk", SimDiskOptions.ofSize(1 << 20));
 * BlockDevice device = disk.attach(loop);
 * device.submit(request);
 * sim.runUntil(() -> done, 1_000);
 * }</pre>
 */
package org.netraid.sim;
