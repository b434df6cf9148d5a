/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Byte streams between nodes, as pure code sees them: partial reads of any length, back-pressure in both
 * directions, cuts at any byte. Framing, authentication and compression live above, so that the simulator can
 * cut a stream in the middle of a frame. Netty implements it in {@code org.netraid.link.io}; the
 * simulator's link is in this module's test-jar.
 */
package org.netraid.link;
