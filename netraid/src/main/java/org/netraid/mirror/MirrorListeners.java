/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Passes each event to every listener, in the order they were added. */
final class MirrorListeners implements MirrorListener {

    private final List<MirrorListener> all = new ArrayList<>();

    void add(MirrorListener listener) {
        all.add(listener);
    }

    /** Over a copy: a listener may add another one. */
    private void each(Consumer<MirrorListener> event) {
        for (MirrorListener listener : List.copyOf(all)) {
            event.accept(listener);
        }
    }

    @Override
    public void legConnected(int slot, boolean needsResync) {
        each(listener -> listener.legConnected(slot, needsResync));
    }

    @Override
    public void resyncStarted(int slot) {
        each(listener -> listener.resyncStarted(slot));
    }

    @Override
    public void legSettled(int slot) {
        each(listener -> listener.legSettled(slot));
    }

    @Override
    public void resyncProgress(int slot, long chunksDone, long chunksTotal) {
        each(listener -> listener.resyncProgress(slot, chunksDone, chunksTotal));
    }

    @Override
    public void legInSync(int slot) {
        each(listener -> listener.legInSync(slot));
    }

    @Override
    public void replicationStopped(int slot) {
        each(listener -> listener.replicationStopped(slot));
    }

    @Override
    public void legLost(int slot, String reason) {
        each(listener -> listener.legLost(slot, reason));
    }

    @Override
    public void legPaused(int slot) {
        each(listener -> listener.legPaused(slot));
    }

    @Override
    public void legPulledAhead(int slot, String why) {
        each(listener -> listener.legPulledAhead(slot, why));
    }

    @Override
    public void journalNews(String text) {
        each(listener -> listener.journalNews(text));
    }

    @Override
    public void localError(String text) {
        each(listener -> listener.localError(text));
    }

    @Override
    public void localDiskLost(String text) {
        each(listener -> listener.localDiskLost(text));
    }

    @Override
    public void localDetached(String why) {
        each(listener -> listener.localDetached(why));
    }

    @Override
    public void localAttached() {
        each(listener -> listener.localAttached());
    }

    @Override
    public void mirrorFailed(String text) {
        each(listener -> listener.mirrorFailed(text));
    }

    @Override
    public void mirrorClosing() {
        each(MirrorListener::mirrorClosing);
    }
}
