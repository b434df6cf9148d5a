/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Time and turn-taking as injected services, so that a whole cluster can run in one thread under a
 * simulated clock. Pure: the daemon passes real clocks in.
 */
package org.netraid.time;
