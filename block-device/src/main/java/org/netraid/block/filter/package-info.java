/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Devices that stand before another device and fail, delay or record its requests. They stack in any order.
 *
 * <p>Pure. Used by tests, rigs and diagnosis; every one obeys the {@link org.netraid.block.BlockDevice} contract as long as
 * the device behind it does. Not built for speed: they may allocate per request.
 */
package org.netraid.block.filter;
