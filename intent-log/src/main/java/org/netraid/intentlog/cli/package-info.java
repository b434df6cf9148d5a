/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The {@code bitmap} tool: looks at an intent log, and changes one that is not in use. Shell: reads and writes files, on one thread.
 * Commands: {@code bitmap --help}; the format: {@code docs/on-disk-format.md}.
 */
package org.netraid.intentlog.cli;
