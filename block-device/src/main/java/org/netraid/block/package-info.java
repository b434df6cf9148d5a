/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The asynchronous block device SPI: what every disk, target, mirror and fault filter looks like.
 *
 * <p>Pure: no socket, file, clock, thread or lock. Everything here is single-threaded on the
 * {@link org.netraid.time.EventLoop} that owns the device. Implementations: files and block special
 * files ({@code org.netraid.block.io}), fault filters ({@code org.netraid.block.filter}), an NBD
 * client, the mirror itself, and the simulator's disk in this module's test-jar.
 *
 * <p>See {@code docs/architecture.md}, "One write, seven hops".
 *
 * <p><b>Stable</b>: what is public here changes only with a line in the change log.
 */
package org.netraid.block;
