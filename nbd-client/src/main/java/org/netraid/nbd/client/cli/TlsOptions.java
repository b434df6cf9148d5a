/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.netraid.link.LinkTls;
import org.netraid.link.io.TlsException;
import org.netraid.nbd.client.io.UriTls;
import org.netraid.nbd.wire.NbdFormatException;
import org.netraid.nbd.wire.NbdUri;
import picocli.CommandLine.Option;

/** How servers behind {@code nbds} URIs are checked, where the URI itself does not say. */
final class TlsOptions {

    @Option(names = "--tls-certificates", paramLabel = "DIR",
            description = "Folder with ca-cert.pem and, to show a certificate, client-cert.pem and client-key.pem (for nbds URIs without "
                    + "tls-certificates=DIR). Without it, the authorities this system trusts are believed.")
    private String certificates;
    @Option(names = "--tls-hostname", paramLabel = "NAME",
            description = "Name or address that the server's certificate must be for (default: the host of the URI).")
    private String hostName;
    @Option(names = "--tls-verify-peer", paramLabel = "BOOL", arity = "1",
            description = "false: believe any certificate (default true).")
    private Boolean verifyPeer;

    /** Null for a URI without TLS. */
    LinkTls of(NbdUri uri) {
        boolean given = certificates != null || hostName != null || verifyPeer != null;
        if (uri.tls() == null) {
            if (given) {
                throw new CliFailure("the --tls options are for nbds:// and nbds+unix:// URIs, and " + uri + " is plain text");
            }
            return null;
        }
        String name = uri.tls().hostName().isEmpty() && hostName != null ? hostName : uri.tls().hostName();
        boolean verify = uri.tls().verifyPeer() && (verifyPeer == null || verifyPeer);
        NbdUri complete = new NbdUri(uri.address(), uri.exportName(), new NbdUri.Tls(uri.tls().certificates(), name, verify));
        try {
            // a command is over before its certificates are replaced
            return UriTls.of(complete, certificates == null ? null : Path.of(certificates), warning -> { });
        } catch (TlsException | NbdFormatException e) {
            throw new CliFailure(e.getMessage());
        } catch (InvalidPathException e) {
            throw new CliFailure("--tls-certificates: '" + certificates + "' is not a path");
        }
    }
}
