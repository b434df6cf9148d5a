/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.control;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A node, as the control server and a cluster manager drive it. All methods on the node's event loop; none blocks.
 */
public interface NodeControl {

    /**
     * Carries the command out, here or on the node it names.
     *
     * @param result called exactly once, on the loop, perhaps inside this call
     */
    void execute(MirrorCommand command, Consumer<CommandResult> result);

    NodeStatus status();

    /** Status of one mirror; empty if this node has none of that tag. */
    Optional<MirrorStatus> status(String tag);

    /** The kept events (the last {@value #KEPT_EVENTS}) with an id above {@code afterId}, oldest first. */
    List<MirrorEvent> events(long afterId);

    /** Calls the listener for every event from now on, on the loop. @return removes the listener */
    Runnable onEvent(Consumer<MirrorEvent> listener);

    /** Events a node keeps in memory. */
    int KEPT_EVENTS = 1000;
}
