/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.control;

/**
 * Something an operator may want to know happened.
 *
 * @param id grows by one per event within one life of the daemon, from 1
 * @param timeMillis wall clock, for people
 * @param tag the mirror; "" for the node itself
 * @param text one line
 */
public record MirrorEvent(long id, long timeMillis, String tag, String text) {
}
