/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Compares a target in sync with the local disk while the application goes on writing, and repairs what differs.
 *
 * <p>Owns: what is compared when, how fast, and when a difference is believed. A difference seen in passing may be a write under way; it is
 * looked at again with the range locked and everything flushed before anybody hears of it, because one false alarm costs more trust
 * than ten silent passes earn.
 *
 * <p>Pure: no socket, file, clock, thread or lock. Started by the replicator, on the mirror's one event loop. Described in
 * docs/commands.md.
 */
package org.netraid.verify;
