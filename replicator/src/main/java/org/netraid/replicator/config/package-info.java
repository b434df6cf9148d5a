/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What an administrator decides, as plain values: the cluster, its nodes, its mirrors and one small record of settings per
 * module, every one with its default, unit and range. Pure; {@code org.netraid.replicator.io} parses the TOML file into it, with the place
 * of every error, and the simulator builds it by hand. A record that exists is valid. Meaning of each setting:
 * {@code docs/configuration.md}.
 *
 * <p><b>Stable</b>: what is public here changes only with a line in the change log.
 */
package org.netraid.replicator.config;
