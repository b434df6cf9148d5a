/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.api;

import org.netraid.replicator.control.MirrorEvent;

/** Told of a mirror's news, on the node's event loop; must not block. Methods do nothing unless overridden. */
public interface NetRaidListener {

    /** Something in the state has changed: role, copy, service, a target, the local disk, what happens to writes. Never twice the same. */
    default void onState(NetRaidState state) {
    }

    /** A line of the node's log for people; of this mirror, or of the node ({@code tag} is ""). */
    default void onEvent(MirrorEvent event) {
    }

    /** A defect of the engine has ended the node at once, as a crash would: end the process, or open the node anew. */
    default void onDefect(Throwable defect) {
    }
}
