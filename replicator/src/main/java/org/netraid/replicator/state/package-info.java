/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What a node knows durably about its copy of a mirror: role, disk state, generations, flag files.
 *
 * <p>Pure; written through {@link org.netraid.store.StateFolder}. Used by the decision table and the volume agent on the node's
 * loop. Rules: {@code docs/failover.md}.
 *
 * <p><b>Stable</b>: what is public here changes only with a line in the change log.
 */
package org.netraid.replicator.state;
