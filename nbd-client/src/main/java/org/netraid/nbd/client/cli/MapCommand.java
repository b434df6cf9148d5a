/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockRequest;
import org.netraid.block.ExtentList;
import org.netraid.block.io.FileDeviceOptions;
import org.netraid.nbd.wire.MetaContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nbd-client map URI}: which parts are data, holes, zeros; in the columns of nbdinfo --map. */
@Command(name = "map", mixinStandardHelpOptions = true,
        description = {"Shows which parts of an export or file hold data, are holes, or read as zeros.",
            "Columns: offset, length, type (bit 0 hole, bit 1 zero), meaning.",
            "With --context x-netraid:dirty:TARGET on the export of a mirror: what the target lacks (bit 0 dirty)."})
final class MapCommand implements Callable<Integer> {

    private static final int MAX_EXTENTS = 4096;
    private static final String[] MEANING = {"data", "hole", "zero", "hole,zero"};
    private static final String DIRTY_PREFIX = "x-netraid:dirty:";
    private static final String[] DIRTY_MEANING = {"clean", "dirty"};

    @Spec
    private CommandSpec spec;
    @Mixin
    private CommonOptions common;
    @Parameters(paramLabel = "URI", description = "URI or file.")
    private String source;
    @Option(names = "--context", paramLabel = "NAME", defaultValue = MetaContext.BASE_ALLOCATION,
            description = "Metadata context to show (default ${DEFAULT-VALUE}).")
    private String context;
    @Option(names = "--json", description = "Print a JSON array of objects.")
    private boolean json;

    private PrintWriter out;
    private long printed;
    private long runStartBytes;
    private long runEndBytes;
    private int runStatus;

    @Override
    public Integer call() {
        out = spec.commandLine().getOut();
        boolean holes = context.equals(MetaContext.BASE_ALLOCATION);
        if (context.isEmpty() || !holes && !ClientSession.isUri(source)) {
            throw new CliFailure("--context " + context + ": a file has no context but " + MetaContext.BASE_ALLOCATION);
        }
        try (ClientSession session = common.session(config -> config.withMap(context))) {
            BlockDevice device = session.open(source, FileDeviceOptions.DEFAULT.withReadOnly(true).withExclusive(false), 1);
            if (!device.can(BlockCapability.EXTENTS)) {
                throw new CliFailure(source + ": the server does not offer " + context
                        + (holes ? ", so nobody knows where its holes are" : " for this export"));
            }
            long size = device.geometry().sizeBytes();
            ExtentList list = new ExtentList(MAX_EXTENTS);
            for (long at = 0; at < size; ) {
                long from = at;
                session.submit(device, done -> new BlockRequest().extents(from, size - from, 0, list, done)).await();
                for (int i = 0; i < list.count(); i++) {
                    add(list.lengthBytes(i), list.status(i));
                }
                at += list.totalBytes();
            }
        }
        printRun();
        if (json) {
            out.println(printed == 0 ? "[]" : "\n]");
        }
        out.flush();
        return 0;
    }

    /** Equal neighbours are one line, also where one answer ended and the next began. */
    private void add(long lengthBytes, int status) {
        if (status != runStatus) {
            printRun();
            runStartBytes = runEndBytes;
            runStatus = status;
        }
        runEndBytes += lengthBytes;
    }

    private void printRun() {
        long length = runEndBytes - runStartBytes;
        if (length == 0) {
            return;
        }
        String meaning = meaning();
        if (json) {
            out.print((printed == 0 ? "[\n" : ",\n") + "{\"offset\":" + runStartBytes + ",\"length\":" + length
                    + ",\"type\":" + Integer.toUnsignedString(runStatus) + ",\"description\":" + ExportText.quote(meaning) + "}");
        } else {
            String type = Integer.toUnsignedString(runStatus);
            out.println(String.format("%10d  %10d  %3s  %s", runStartBytes, length, type, meaning).stripTrailing());
        }
        printed++;
    }

    private String meaning() {
        String[] words = context.equals(MetaContext.BASE_ALLOCATION) ? MEANING
                : context.startsWith(DIRTY_PREFIX) ? DIRTY_MEANING : new String[0];
        return runStatus >= 0 && runStatus < words.length ? words[runStatus] : "";
    }
}
