/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Rules about the sources themselves, checked by reading them: the pure/shell split that lets the whole cluster run in a
 * simulator, and a few of style. See {@code docs/architecture.md}.
 */
package org.netraid.tidy;
