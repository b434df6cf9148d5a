/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.netraid.block.BlockDevice;
import org.netraid.block.io.FileDeviceOptions;
import org.netraid.nbd.client.CompareJob;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nbd-client compare A B}: are two devices equal, byte by byte, and where are they not? */
@Command(name = "compare", mixinStandardHelpOptions = true,
        description = {"Compares two exports, files or block devices and lists the ranges that differ (sectors of 512 bytes).",
            "Both may be in use: what differs is read again a few times before it counts; ranges that are written all the time",
            "may still differ. A mirror in service is compared with its targets by: mirror_action TAG verify.",
            "Exit codes: 0 equal; 1 different, in size or content; 2 wrong usage; 3 could not be compared."})
final class CompareCommand implements Callable<Integer> {

    private static final int DIFFERENT = 1;
    private static final int FAILED = 3;

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
    @Option(names = "--retries", paramLabel = "N", defaultValue = "3",
            description = "How often what differs is read again before it counts (default ${DEFAULT-VALUE}).")
    private int retries;
    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    @Override
    public Integer call() {
        pair.check();
        if (retries < 0 || retries > 1000) {
            throw new CliFailure("--retries " + retries + " is not in 0 to 1000");
        }
        FileDeviceOptions fileOptions = FileDeviceOptions.DEFAULT.withReadOnly(true).withExclusive(false);
        try (ClientSession session = common.session()) {
            BlockDevice a = session.open(one, fileOptions, pair.connections());
            BlockDevice b = session.open(other, fileOptions, pair.connections());
            if (a.geometry().sizeBytes() != b.geometry().sizeBytes()) {
                complain("they differ in size: " + one + " has " + a.geometry().sizeBytes() + " bytes, "
                        + other + " has " + b.geometry().sizeBytes());
                return DIFFERENT;
            }
            CompletableFuture<String> end = new CompletableFuture<>();
            CompareJob job = pair.compare(session, a, b, retries, end);
            if (!end.join().isEmpty()) {
                throw new CliFailure(end.join());
            }
            print(job);
            return job.differingBytes() == 0 ? 0 : DIFFERENT;
        } catch (CliFailure e) {
            complain(e.getMessage());
            return FAILED;
        }
    }

    private void print(CompareJob job) {
        PrintWriter out = spec.commandLine().getOut();
        List<CompareJob.Range> ranges = job.ranges();
        if (json) {
            out.println("{\"equal\": " + (job.differingBytes() == 0) + ", \"sizeBytes\": " + job.sizeBytes() + ", \"differingBytes\": "
                    + job.differingBytes() + ", \"ranges\": [" + ranges.stream().map(range -> "{\"offset\": " + range.offsetBytes()
                    + ", \"length\": " + range.lengthBytes() + "}").collect(Collectors.joining(", ")) + "]}");
        } else if (job.differingBytes() == 0) {
            out.println("equal, " + job.sizeBytes() + " bytes");
        } else {
            ranges.forEach(range -> out.println(String.format("%12d %12d", range.offsetBytes(), range.lengthBytes())));
            out.println("different: " + job.differingBytes() + " of " + job.sizeBytes() + " bytes in " + ranges.size()
                    + (ranges.size() == CompareJob.MAX_RANGES ? " ranges and more" : " ranges"));
        }
        out.flush();
    }

    private void complain(String message) {
        spec.commandLine().getErr().println("nbd-client: " + message);
        spec.commandLine().getErr().flush();
    }
}
