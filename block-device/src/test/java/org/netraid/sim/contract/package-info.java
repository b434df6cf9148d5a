/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/** Tests of the contracts in {@code org.netraid.block}, for every implementation to extend. */
package org.netraid.sim.contract;
