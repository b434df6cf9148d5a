/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import org.netraid.mirror.MirrorListener;

/** Makes whoever watches the node look again when something in the mirror has changed. */
final class StateNews implements MirrorListener {

    private final VolumeAgent agent;

    StateNews(VolumeAgent agent) {
        this.agent = agent;
    }

    @Override
    public void legConnected(int slot, boolean needsResync) {
        agent.stateChanged();
    }

    @Override
    public void resyncStarted(int slot) {
        agent.stateChanged();
    }

    @Override
    public void legInSync(int slot) {
        agent.stateChanged();
    }

    @Override
    public void replicationStopped(int slot) {
        agent.stateChanged();
    }

    @Override
    public void legPaused(int slot) {
        agent.stateChanged();
    }

    @Override
    public void mirrorFailed(String text) {
        agent.stateChanged();
    }
}
