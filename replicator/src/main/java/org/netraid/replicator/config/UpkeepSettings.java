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
 */
public record UpkeepSettings(VerifySettings verify, UndoSettings undo) {

    public static final UpkeepSettings DEFAULT = new UpkeepSettings(VerifySettings.DEFAULT, UndoSettings.DEFAULT);
}
