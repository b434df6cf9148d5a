/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Files, block special files and loop devices as {@link org.netraid.block.BlockDevice}s. Shell: this package owns file
 * descriptors and the disk worker threads.
 *
 * <p>{@link org.netraid.block.io.FileBlockDevice} keeps the SPI's promises about turns and durability,
 * {@code ChannelDisk} makes the system calls behind it, {@code LibC} (JNR-FFI) only those that Java cannot make:
 * exclusive open, hole punching, device ioctls. It is loaded when first needed, because that costs some 0.4 s.
 *
 * <p>Opened by the daemons and tools; used by the mirror, the NBD server and the intent log through the SPI only. See
 * {@code docs/architecture.md}, "Threads".
 */
package org.netraid.block.io;
