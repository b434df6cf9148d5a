/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * NBD against the world: our server as a process of its own under raw bytes and other people's clients, and our client
 * against other people's servers. A tool that is not installed is skipped, and the report says so.
 */
package org.netraid.integration.nbd;
