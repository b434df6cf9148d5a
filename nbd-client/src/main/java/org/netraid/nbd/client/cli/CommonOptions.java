/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client.cli;

import java.util.function.UnaryOperator;
import org.netraid.nbd.client.NbdClientConfig;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of every subcommand. */
final class CommonOptions {

    @Option(names = "--timeout", paramLabel = "SECONDS", defaultValue = "30",
            description = "Give up when the server makes no progress for so long (default ${DEFAULT-VALUE}).")
    private long timeoutSeconds;
    @Mixin
    private TlsOptions tls;

    ClientSession session() {
        return session(config -> config);
    }

    /** @param adjust changes what every connection of the command asks for */
    ClientSession session(UnaryOperator<NbdClientConfig> adjust) {
        if (timeoutSeconds < 1 || timeoutSeconds > 86_400) {
            throw new CliFailure("--timeout " + timeoutSeconds + " is not in 1 to 86400 seconds");
        }
        return new ClientSession(timeoutSeconds, tls, adjust);
    }
}
