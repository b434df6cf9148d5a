/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import org.netraid.link.LinkTls;

/**
 * Whether a server's sessions are secured. Fixed for the life of every session.
 *
 * @param mode the NBD specification's TLS mode
 * @param settings certificates and checks of this side; null with {@link Mode#OFF}
 */
public record ServerTls(Mode mode, LinkTls settings) {

    /** Source: NBD protocol, "TLS support", "Server-side requirements". */
    public enum Mode {
        /** NOTLS: STARTTLS is refused. */
        OFF,
        /** SELECTIVETLS: the client chooses, except for exports that are {@linkplain Export#tlsOnly for TLS only}. */
        ON,
        /** FORCEDTLS: nothing but STARTTLS and ABORT is answered before TLS. */
        REQUIRE
    }

    public static final ServerTls OFF = new ServerTls(Mode.OFF, null);

    public ServerTls {
        if ((settings == null) != (mode == Mode.OFF)) {
            throw new IllegalArgumentException("TLS mode " + mode + (settings == null ? " needs" : " takes no") + " certificates");
        }
        if (settings != null && !settings.isServer()) {
            throw new IllegalArgumentException("these TLS settings are a client's");
        }
    }

    boolean isOff() {
        return mode == Mode.OFF;
    }

    boolean isRequired() {
        return mode == Mode.REQUIRE;
    }
}
