/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The journal of asynchronous targets in files, on Chronicle Queue: shell. Opened by the daemon (on a thread that may block), used by the
 * mirror on its loop.
 *
 * <p>See {@code docs/architecture.md}, "The journal", and {@code docs/decisions/0019-journal-on-chronicle-queue.md}.
 */
package org.netraid.journal.io;
