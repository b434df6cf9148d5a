/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/** Handing NBD connections to the Linux kernel: sockets made with system calls, generic netlink, and the older ioctls. Shell. */
package org.netraid.nbd.kernel.io;
