/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client.io;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.netraid.link.LinkTls;
import org.netraid.link.io.NettyTls;
import org.netraid.link.io.TlsException;
import org.netraid.nbd.wire.NbdFormatException;
import org.netraid.nbd.wire.NbdUri;

/** Turns what an NBD URI says of TLS into what a link needs. */
public final class UriTls {

    private UriTls() {
    }

    /**
     * Reads the certificates.
     *
     * @param folder where the certificates are if the URI names no folder; null: believe the authorities that this system trusts
     * @param warnings gets a sentence when the files are replaced later and cannot be used
     * @return null if the URI is one without TLS
     * @throws TlsException if the certificates cannot be used
     */
    public static LinkTls of(NbdUri uri, Path folder, Consumer<String> warnings) throws TlsException {
        NbdUri.Tls tls = uri.tls();
        if (tls == null) {
            return null;
        }
        return NettyTls.client(tls.certificates().isEmpty() ? folder : path(tls.certificates()), hostName(uri), tls.verifyPeer(), warnings);
    }

    private static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new NbdFormatException("'" + text + "' is not a path");
        }
    }

    /** The name the server's certificate must be for. A unix socket's path names the server well enough. */
    private static String hostName(NbdUri uri) {
        if (!uri.tls().hostName().isEmpty()) {
            return uri.tls().hostName();
        }
        return uri.address().isUnix() ? "" : uri.address().host();
    }
}
