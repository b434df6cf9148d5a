/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

/**
 * What all mirrors of a daemon share.
 *
 * @param parallelResyncs so many targets are brought back in sync at the same time by one source; 0: no limit
 * @param hooks programs it calls
 */
public record DaemonSettings(int parallelResyncs, HookSettings hooks) {

    public static final DaemonSettings DEFAULT = new DaemonSettings(0, HookSettings.NONE);

    public DaemonSettings {
        Checks.range("parallelResyncs", parallelResyncs, 0, 1024);
    }
}
