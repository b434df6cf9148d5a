/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The command {@code nbd-server}: exports files and block devices over NBD until it is told to end. Shell: owns the
 * process, its signals, its output and its exit status.
 */
package org.netraid.nbd.server.cli;
