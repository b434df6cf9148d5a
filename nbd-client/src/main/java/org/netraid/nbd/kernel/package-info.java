/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Talking to the Linux kernel's NBD driver: messages of generic netlink and of its family {@code nbd}, as bytes. Pure. The sockets and
 * system calls are in {@code org.netraid.nbd.kernel.io}.
 *
 * <p>Source: {@code linux/netlink.h}, {@code linux/genetlink.h}, {@code linux/nbd-netlink.h}.
 */
package org.netraid.nbd.kernel;
