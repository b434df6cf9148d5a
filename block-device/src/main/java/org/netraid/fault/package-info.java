/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Named fault points: places where a test makes the engine break one of its own rules, to prove that the checkers would
 * notice. All off in production. Pure.
 */
package org.netraid.fault;
