/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The daemon's doors to the outside: the configuration file, the secret, and the control socket with its client.
 *
 * <p>Shell: files, sockets, threads; few decisions. The control server has a thread of its own for HTTP and posts every command to
 * the node's loop. Documents: {@code docs/configuration.md}, {@code docs/commands.md}.
 */
package org.netraid.replicator.io;
