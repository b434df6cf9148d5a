/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

/** Calls {@code local-io-error}; a disk that fails every request calls it once a minute. */
final class LocalErrorHook {

    private static final long PAUSE_NS = 60_000_000_000L;

    private final VolumeAgent agent;
    private long lastNs;
    private boolean called;

    LocalErrorHook(VolumeAgent agent) {
        this.agent = agent;
    }

    void tell(String why) {
        long now = agent.context().loop().nanoTime();
        if (!called || now - lastNs >= PAUSE_NS) {
            called = true;
            lastNs = now;
            Hooks.tell(agent, HookRunner.LOCAL_IO_ERROR, why);
        }
    }
}
