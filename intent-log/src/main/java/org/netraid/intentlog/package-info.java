/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The intent log: which chunks may differ between the source and each target, durable before the data they cover.
 *
 * <p>Pure: the log writes through the {@link org.netraid.block.BlockDevice} it is given. Called by the mirror (every
 * write) and by the resync (which chunks to send). Single-threaded on the mirror's loop. Format:
 * {@code docs/on-disk-format.md}.
 */
package org.netraid.intentlog;
