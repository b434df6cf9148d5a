/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The daemon of one node: puts the pure node on real disks, sockets, clocks and randomness, and gives it a beginning and an end.
 *
 * <p>Shell; few decisions. Threads: {@code netraid-loop} runs everything of the node, {@code netraid-disk} what may block in the
 * kernel, {@code netraid-open} the opening of disks, {@code netraid-control} the control socket's HTTP. Correctness never rests on an
 * orderly
 * end: a killed daemon and a stopped one leave states that the next start understands. Documents: {@code docs/commands.md},
 * {@code docs/architecture.md}.
 */
package org.netraid.replicator.daemon;
