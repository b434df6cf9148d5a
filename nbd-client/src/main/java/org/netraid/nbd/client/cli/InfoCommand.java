/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client.cli;

import java.io.PrintWriter;
import java.util.Set;
import java.util.concurrent.Callable;
import org.netraid.nbd.client.NbdExport;
import org.netraid.nbd.wire.Extension;
import org.netraid.nbd.wire.NbdUri;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nbd-client info URI}: what the server says about one export. */
@Command(name = "info", mixinStandardHelpOptions = true, description = "Shows size, block sizes and abilities of an export.")
final class InfoCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;
    @Mixin
    private CommonOptions common;
    @Parameters(paramLabel = "URI")
    private String uri;
    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Override
    public Integer call() {
        NbdUri parsed = ClientSession.uri(uri);
        PrintWriter out = spec.commandLine().getOut();
        try (ClientSession session = common.session(config -> config.withExtensions(Set.of(Extension.values())))) {
            NbdExport export = session.open(parsed).export();
            if (json) {
                out.println(ExportText.json(parsed.toString(), export));
            } else {
                StringBuilder text = new StringBuilder(String.format("%-12s %s%n", "uri", parsed));
                ExportText.print(text, export);
                out.print(text);
            }
            out.flush();
        }
        return 0;
    }
}
