/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Brings targets back in sync: copies the chunks that the intent log has as dirty while the application goes on writing.
 *
 * <p>Owns: which chunk is copied when, how fast, and the steps around it (marked inconsistent before the first block, in sync after the
 * last flush). Range-locks each chunk while it is copied.
 *
 * <p>Pure: no socket, file, clock, thread or lock. Started by the mirror's events, steered by the replicator; everything on the mirror's
 * one event loop.
 */
package org.netraid.resync;
