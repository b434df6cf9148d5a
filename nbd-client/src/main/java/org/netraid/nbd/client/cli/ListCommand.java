/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.netraid.nbd.wire.ListedExport;
import org.netraid.nbd.wire.NbdUri;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nbd-client list URI}: the exports of a server, one URI a line. */
@Command(name = "list", mixinStandardHelpOptions = true,
        description = "Lists the exports of a server, one URI a line, with the description behind a tab.")
final class ListCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;
    @Mixin
    private CommonOptions common;
    @Parameters(paramLabel = "URI", description = "The export name in it does not matter.")
    private String uri;
    @Option(names = "--json", description = "Print one JSON array.")
    private boolean json;

    @Override
    public Integer call() {
        NbdUri parsed = ClientSession.uri(uri);
        PrintWriter out = spec.commandLine().getOut();
        try (ClientSession session = common.session()) {
            List<ListedExport> exports = session.list(parsed);
            if (json) {
                out.println("[" + String.join(",", exports.stream().map(export -> json(parsed, export)).toList()) + "]");
            } else {
                for (ListedExport export : exports) {
                    String description = export.description().replaceAll("\\p{Cntrl}", " ");
                    out.println(parsed.withExport(export.name()) + (description.isEmpty() ? "" : "\t" + description));
                }
            }
            out.flush();
        }
        return 0;
    }

    private static String json(NbdUri server, ListedExport export) {
        return "{\"export\":" + ExportText.quote(export.name()) + ",\"description\":" + ExportText.quote(export.description())
                + ",\"uri\":" + ExportText.quote(server.withExport(export.name()).toString()) + "}";
    }
}
