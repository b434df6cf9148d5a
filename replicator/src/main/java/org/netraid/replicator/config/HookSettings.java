/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

import java.util.Map;
import java.util.TreeMap;

/**
 * Programs that a node calls.
 *
 * @param programs path by the hook's name, such as {@code before-resync-target}; a hook without a program does nothing
 * @param timeoutNs a program that has not ended by then is killed and counts as failed
 */
public record HookSettings(Map<String, String> programs, long timeoutNs) {

    public static final HookSettings NONE = new HookSettings(Map.of(), 60_000_000_000L);

    public HookSettings {
        programs = Map.copyOf(new TreeMap<>(programs));
        Checks.range("hook timeoutNs", timeoutNs, 1_000_000L, 86_400L * 1_000_000_000L);
    }
}
