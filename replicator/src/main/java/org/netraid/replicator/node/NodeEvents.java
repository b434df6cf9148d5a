/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.netraid.replicator.control.MirrorEvent;
import org.netraid.replicator.control.NodeControl;
import org.netraid.time.WallClock;

/** The node's recent events and who listens to them. */
final class NodeEvents {

    private final WallClock wallClock;
    private final ArrayDeque<MirrorEvent> kept = new ArrayDeque<>();
    private final List<Consumer<MirrorEvent>> listeners = new ArrayList<>();
    private long lastId;

    NodeEvents(WallClock wallClock) {
        this.wallClock = wallClock;
    }

    void add(String tag, String text) {
        MirrorEvent event = new MirrorEvent(++lastId, wallClock.currentTimeMillis(), tag, text);
        if (kept.size() == NodeControl.KEPT_EVENTS) {
            kept.poll();
        }
        kept.add(event);
        for (Consumer<MirrorEvent> listener : List.copyOf(listeners)) {
            listener.accept(event);
        }
    }

    List<MirrorEvent> after(long id) {
        return kept.stream().filter(event -> event.id() > id).toList();
    }

    Runnable listen(Consumer<MirrorEvent> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }
}
