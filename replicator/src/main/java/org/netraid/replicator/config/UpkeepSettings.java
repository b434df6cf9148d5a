/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

import org.netraid.mirror.LocalErrorPolicy;

/**
 * What a mirror does for the health of its copies.
 *
 * @param verify comparing them
 * @param undo keeping what a resync overwrites
 * @param onIoError what an error of the local disk leads to while this node is the source
 * @param splitBrain what happens after a split brain
 * @param resyncAfter tag of the mirror whose resyncs come first; "" if none does
 */
public record UpkeepSettings(VerifySettings verify, UndoSettings undo, LocalErrorPolicy onIoError, SplitBrainSettings splitBrain,
        String resyncAfter) {

    public static final UpkeepSettings DEFAULT = new UpkeepSettings(VerifySettings.DEFAULT, UndoSettings.DEFAULT, "");

    /** With the default policy. */
    public UpkeepSettings(VerifySettings verify, UndoSettings undo, String resyncAfter) {
        this(verify, undo, LocalErrorPolicy.DETACH, resyncAfter);
    }

    /** With an operator who decides after a split brain. */
    public UpkeepSettings(VerifySettings verify, UndoSettings undo, LocalErrorPolicy onIoError, String resyncAfter) {
        this(verify, undo, onIoError, SplitBrainSettings.DEFAULT, resyncAfter);
    }
}
