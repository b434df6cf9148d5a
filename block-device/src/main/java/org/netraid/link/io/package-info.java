/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Links, listening sockets and event loops on Netty. Shell: this package owns the network threads and the sockets.
 *
 * <p>The daemon and the command line tools make one {@link org.netraid.link.io.NettyRuntime} and take a loop and a
 * link factory from it; pure code sees only {@link org.netraid.time.EventLoop} and {@link org.netraid.link.LinkFactory}.
 * Epoll where its native library loads, NIO everywhere else; both pass the same tests.
 *
 * <p>See {@code docs/architecture.md}, "Threads".
 */
package org.netraid.link.io;
