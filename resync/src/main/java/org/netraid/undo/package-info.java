/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * A target's undo journal: what a resync overwrites, kept until the resync has ended, so that an interrupted one can be taken back.
 *
 * <p>Owns: the rule that the old content of a chunk is durable in the journal before the first new byte reaches the chunk, the journal's
 * format, and the way back. Who begins, ends and rolls back is the replicator's business.
 *
 * <p>Pure: no socket, file, clock, thread or lock. On the node's one event loop. The format is in docs/on-disk-format.md.
 */
package org.netraid.undo;
