/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import org.netraid.link.LinkAddress;
import org.netraid.link.LinkTls;
import org.netraid.nbd.wire.NbdStrings;
import org.netraid.nbd.wire.NbdUri;

/**
 * What to connect to.
 *
 * @param address where the server listens
 * @param exportName name of the export; empty for the server's default
 * @param expectedSizeBytes size the export must have, or {@link #ANY_SIZE}: another size is refused
 * @param tls what to secure the connection with; a server that does not agree is not talked to. Null for plain text
 */
public record NbdTarget(LinkAddress address, String exportName, long expectedSizeBytes, LinkTls tls) {

    public static final long ANY_SIZE = -1;

    public NbdTarget {
        // refused here, not in the middle of a handshake
        NbdStrings.encode(exportName, "export name");
        if (tls != null && tls.isServer()) {
            throw new IllegalArgumentException("these TLS settings are a server's");
        }
    }

    /** A target in plain text. */
    public NbdTarget(LinkAddress address, String exportName) {
        this(address, exportName, ANY_SIZE, null);
    }

    /** @throws IllegalArgumentException if the URI wants TLS: that needs {@link #of(NbdUri, LinkTls)} */
    public static NbdTarget of(NbdUri uri) {
        return of(uri, null);
    }

    /**
     * @param tls made of what the URI says of TLS; null if and only if it says nothing
     * @throws IllegalArgumentException if the URI wants TLS and there are no settings, or the other way round
     */
    public static NbdTarget of(NbdUri uri, LinkTls tls) {
        if ((uri.tls() == null) != (tls == null)) {
            throw new IllegalArgumentException(uri + (tls == null ? " is to be reached with TLS only" : " is a plain text URI"));
        }
        return new NbdTarget(uri.address(), uri.exportName()).withTls(tls);
    }

    public NbdTarget withExpectedSize(long sizeBytes) {
        return new NbdTarget(address, exportName, sizeBytes, tls);
    }

    /** The same target, secured. @param settings null for plain text */
    public NbdTarget withTls(LinkTls settings) {
        return new NbdTarget(address, exportName, expectedSizeBytes, settings);
    }

    /** For messages. */
    @Override
    public String toString() {
        return "nbd " + address + (exportName.isEmpty() ? "" : " export '" + exportName + "'");
    }
}
