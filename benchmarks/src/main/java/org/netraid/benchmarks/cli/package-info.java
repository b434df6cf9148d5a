/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */

/** Measurements on real files that are no JMH benchmarks; run by scripts in bin/ and described in benchmarks/README.md. Shell. */
package org.netraid.benchmarks.cli;
