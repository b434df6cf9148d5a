/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The bytes of a node's durable mirror record ({@code <tag>_state.0} and {@code .1}).
 *
 * <p>Pure. Called by {@link org.netraid.replicator.state.MirrorStateStore} only. Format: {@link
 * org.netraid.replicator.metadata.MirrorRecordCodec} and {@code docs/on-disk-format.md}.
 */
package org.netraid.replicator.metadata;
