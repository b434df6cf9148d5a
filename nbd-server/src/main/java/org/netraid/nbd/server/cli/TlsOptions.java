/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.netraid.link.io.NettyTls;
import org.netraid.link.io.TlsException;
import org.netraid.nbd.server.ServerTls;
import picocli.CommandLine.Option;

/** What the command line says of TLS; the names are those of nbdkit. */
final class TlsOptions {

    @Option(names = "--tls", paramLabel = "MODE", defaultValue = "off",
            description = "off: plain text; on: the client chooses; require: TLS before anything else. Default: ${DEFAULT-VALUE}")
    private String mode;

    @Option(names = "--tls-certificates", paramLabel = "DIR", description = "Folder with server-cert.pem and server-key.pem; with "
            + "--tls-verify-peer also ca-cert.pem, and ca-crl.pem if some are revoked. Replaced files are used from the next client on.")
    private String certificates;

    @Option(names = "--tls-verify-peer", description = "Admit only clients that show a certificate of an authority in ca-cert.pem.")
    private boolean verifyPeer;

    @Option(names = "--tls-only", paramLabel = "NAME", description = "With --tls=on: hide this export from clients without TLS. "
            + "May be given several times.")
    private List<String> tlsOnly = new ArrayList<>();

    @Option(names = "--tls-psk", paramLabel = "FILE", hidden = true)
    private String psk;

    /** Reads the certificates. @param warnings gets a sentence when replaced certificates cannot be used */
    ServerTls settings(Consumer<String> warnings) throws ServerFailure {
        ServerTls.Mode chosen = switch (mode.toLowerCase(Locale.ROOT)) {
            case "off" -> ServerTls.Mode.OFF;
            case "on" -> ServerTls.Mode.ON;
            case "require" -> ServerTls.Mode.REQUIRE;
            default -> throw new UsageException("--tls " + mode + " is not off, on or require");
        };
        if (psk != null) {
            throw new UsageException("TLS with pre-shared keys (--tls-psk) is not supported; use --tls-certificates");
        }
        if (chosen == ServerTls.Mode.OFF) {
            // who gives certificates believes that they are used
            refuse(certificates != null, "--tls-certificates");
            refuse(verifyPeer, "--tls-verify-peer");
            refuse(!tlsOnly.isEmpty(), "--tls-only");
            return ServerTls.OFF;
        }
        if (certificates == null) {
            throw new UsageException("--tls=" + mode + " needs --tls-certificates DIR");
        }
        try {
            return new ServerTls(chosen, NettyTls.server(Path.of(certificates), verifyPeer, warnings));
        } catch (InvalidPathException e) {
            throw new UsageException("--tls-certificates: '" + certificates + "' is not a path");
        } catch (TlsException e) {
            throw new ServerFailure(e.getMessage());
        }
    }

    private static void refuse(boolean given, String option) {
        if (given) {
            throw new UsageException(option + " does nothing without --tls=on or --tls=require");
        }
    }

    /** Marks the exports that are for TLS only. */
    List<ExportSpec> mark(List<ExportSpec> specs) {
        for (String name : tlsOnly) {
            if (specs.stream().noneMatch(spec -> spec.name().equals(name))) {
                throw new UsageException("--tls-only " + name + ": there is no such export");
            }
        }
        return specs.stream().map(spec -> tlsOnly.contains(spec.name()) ? spec.withTlsOnly() : spec).toList();
    }
}
