/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The command {@code nbd-client}: looks at, copies, reads and writes exports of any NBD server. Shell: sockets, files,
 * standard streams. One loop thread runs the devices; the main thread waits for it and does the terminal.
 *
 * <p>Exit codes: 0 done; 1 failed (one line on standard error says why), or a comparison found a difference; 2 wrong usage.
 */
package org.netraid.nbd.client.cli;
