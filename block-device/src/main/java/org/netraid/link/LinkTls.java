/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link;

/**
 * What one side of a TLS stream shows and demands: certificates, authorities, the name to expect. Opaque to pure code, which only hands
 * it to {@link Link#startTls}; each kind of link knows its own implementation.
 */
public interface LinkTls {

    /** True for the side that answers handshakes, false for the side that begins them. */
    boolean isServer();
}
