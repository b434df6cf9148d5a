/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

/**
 * What a mirror does for the health of its copies.
 *
 * @param verify comparing them
 * @param undo keeping what a resync overwrites
 * @param resyncAfter tag of the mirror whose resyncs come first; "" if none does
 */
public record UpkeepSettings(VerifySettings verify, UndoSettings undo, String resyncAfter) {

    public static final UpkeepSettings DEFAULT = new UpkeepSettings(VerifySettings.DEFAULT, UndoSettings.DEFAULT, "");
}
