/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * JMH benchmarks of the parts every write passes: codec, intent log, mirror. Run by {@code bin/bench}; see {@code benchmarks/README.md}.
 */
package org.netraid.benchmarks;
