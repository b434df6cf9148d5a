/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server.io;

import org.netraid.nbd.server.Export;
import org.netraid.nbd.server.ServerEvents;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes a server's events to the log. */
public final class LogEvents implements ServerEvents {

    private static final Logger LOG = LoggerFactory.getLogger("org.netraid.nbd.server");

    @Override
    public void onRefused(String peer, String reason) {
        LOG.warn("refused NBD client {}: {}", peer, reason);
    }

    @Override
    public void onOpened(String peer, Export export) {
        LOG.info("NBD client {} opened export '{}'", peer, export.name());
    }

    @Override
    public void onEnded(String peer, String reason) {
        LOG.info("NBD client {} is gone: {}", peer, reason);
    }

    @Override
    public void onDeviceError(String peer, Export export, String detail) {
        LOG.error("export '{}', request of {}: {}", export.name(), peer, detail);
    }
}
