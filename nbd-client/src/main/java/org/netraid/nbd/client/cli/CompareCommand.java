/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.netraid.block.BlockDevice;
import org.netraid.block.io.FileDeviceOptions;
import org.netraid.nbd.client.CopyJob;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nbd-client compare A B}: are two devices equal, byte by byte? */
@Command(name = "compare", mixinStandardHelpOptions = true,
        description = "Compares two exports, files or block devices; exit code 1 if they differ.")
final class CompareCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;
    @Mixin
    private CommonOptions common;
    @Mixin
    private PairRunner pair;
    @Parameters(index = "0", paramLabel = "A", description = "URI or file.")
    private String one;
    @Parameters(index = "1", paramLabel = "B", description = "URI or file.")
    private String other;

    @Override
    public Integer call() {
        pair.check();
        FileDeviceOptions fileOptions = FileDeviceOptions.DEFAULT.withReadOnly(true).withExclusive(false);
        try (ClientSession session = common.session()) {
            BlockDevice a = session.open(one, fileOptions, pair.connections());
            BlockDevice b = session.open(other, fileOptions, pair.connections());
            if (a.geometry().sizeBytes() != b.geometry().sizeBytes()) {
                throw new CliFailure("they differ in size: " + one + " has " + a.geometry().sizeBytes() + " bytes, "
                        + other + " has " + b.geometry().sizeBytes());
            }
            CompletableFuture<String> end = new CompletableFuture<>();
            CopyJob job = pair.run(session, a, b, CopyJob.Mode.COMPARE, end);
            if (job.differsAtBytes() >= 0) {
                throw new CliFailure("they differ, first seen at offset " + job.differsAtBytes());
            }
            if (!end.join().isEmpty()) {
                throw new CliFailure(end.join());
            }
            PrintWriter out = spec.commandLine().getOut();
            out.println("equal, " + job.sizeBytes() + " bytes");
            out.flush();
        }
        return 0;
    }
}
