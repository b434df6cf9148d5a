/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The commands of an operator: {@code mirror_action} and {@code mirror_status}, with DataKeeper's syntax and words.
 *
 * <p>Shell, but thin: they find the daemon's control socket, send one request and print the answer. No logging and no
 * frameworks, because a command should be there before its user looks up. Each has a {@code run} with everything
 * passed in, for tests. Document: {@code docs/commands.md}.
 */
package org.netraid.replicator.cli;
