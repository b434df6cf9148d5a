/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockDevice;
import org.netraid.block.io.FileDeviceOptions;
import org.netraid.nbd.client.CopyJob;
import org.netraid.nbd.client.NbdMultiDevice;
import org.netraid.nbd.wire.Compression;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nbd-client copy SRC DST}: a whole device onto another, flushed at the end. */
@Command(name = "copy", mixinStandardHelpOptions = true,
        description = {"Copies a whole export, file or block device onto another and flushes it.",
            "Holes of the source are not read, where it can tell them.",
            "A file that does not exist is created with the size of the source; what exists must be at least as long as the source."})
final class CopyCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;
    @Mixin
    private CommonOptions common;
    @Mixin
    private PairRunner pair;
    @Parameters(index = "0", paramLabel = "SRC", description = "URI or file.")
    private String source;
    @Parameters(index = "1", paramLabel = "DST", description = "URI or file.")
    private String target;
    @Option(names = {"-z", "--zeroes-as-holes"}, description = "Send blocks of zeros as WRITE_ZEROES, which may leave holes.")
    private boolean zeroes;
    @Option(names = "--compress", paramLabel = "off|fast|high", defaultValue = "off",
            description = {"Compress what is sent to an export of a NetRAID server, and send zeros as WRITE_ZEROES to any server",
                "(default ${DEFAULT-VALUE})."})
    private String compress;
    @Option(names = "--flush", description = "Accepted for nbdcopy's sake; the target is always flushed.")
    private boolean flush;

    @Override
    public Integer call() {
        pair.check();
        Compression compression = Compression.parse(compress);
        if (compression == null) {
            throw new CliFailure("--compress " + compress + " is none of off, fast, high");
        }
        try (ClientSession session = common.session(config -> config.withCompression(compression))) {
            BlockDevice from = session.open(source, FileDeviceOptions.DEFAULT.withReadOnly(true).withExclusive(false), pair.connections());
            long size = from.geometry().sizeBytes();
            boolean create = !ClientSession.isUri(target) && !Files.exists(Path.of(target));
            BlockDevice to = session.open(target,
                    create ? FileDeviceOptions.DEFAULT.withCreateBytes(size) : FileDeviceOptions.DEFAULT, pair.connections());
            if (to.geometry().sizeBytes() < size) {
                throw new CliFailure(target + " has " + to.geometry().sizeBytes() + " bytes, but " + source + " has " + size
                        + "; nothing was written");
            }
            CompletableFuture<String> end = new CompletableFuture<>();
            CopyJob job = pair.run(session, from, to,
                    zeroes || create ? CopyJob.Mode.COPY_ZEROES_AS_HOLES : CopyJob.Mode.COPY, end);
            if (!end.join().isEmpty()) {
                throw new CliFailure(end.join() + "; " + job.doneBytes() + " of " + size + " bytes are copied, the target is incomplete");
            }
            PrintWriter out = spec.commandLine().getOut();
            out.println("copied " + size + " bytes" + (job.zeroBytes() > 0 ? ", " + job.zeroBytes() + " of them zeros" : "")
                    + sent(to) + (to.can(BlockCapability.FLUSH) ? ", flushed" : "; the target cannot flush"));
            out.flush();
        }
        return 0;
    }

    private static String sent(BlockDevice to) {
        return to instanceof NbdMultiDevice device && device.dataBytes() > 0
                ? ", " + device.wireBytes() + " of " + device.dataBytes() + " sent after compression" : "";
    }
}
