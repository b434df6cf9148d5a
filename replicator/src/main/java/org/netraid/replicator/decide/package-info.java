/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Who may start, and which way data flows: one table, as pure functions of what the nodes know.
 *
 * <p>Pure and without state. Called by {@code org.netraid.replicator.node} after every change of what is known, and by
 * {@code --dry-run} and {@code explain}. The table for people is {@code docs/failover.md}; each row has one test.
 */
package org.netraid.replicator.decide;
