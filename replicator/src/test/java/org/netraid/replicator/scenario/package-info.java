/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Failover scenarios as text: commands with the output they must give, which read as documentation and run on simulated nodes here and on
 * real daemons in network namespaces in the module integration-tests. Pure: a {@link org.netraid.replicator.scenario.ScenarioCluster} does
 * the rest. The files are in {@code src/test/resources/scenarios}; docs/failover.md tells how to read them.
 */
package org.netraid.replicator.scenario;
