/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Whole clusters of real processes: daemons are started, killed with -9 and restarted; commands are run as an operator runs them; data goes
 * in through the NBD export and is compared on the disks. {@link org.netraid.integration.daemon.ClusterRig} is the rig.
 */
package org.netraid.integration.daemon;
