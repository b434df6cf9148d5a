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
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nbd-client map URI}: which parts are data, holes, zeros; in the columns of nbdinfo --map. */
@Command(name = "map", mixinStandardHelpOptions = true,
        description = {"Shows which parts of an export or file hold data, are holes, or read as zeros.",
            "Columns: offset, length, type (bit 0 hole, bit 1 zero), meaning."})
final class MapCommand implements Callable<Integer> {

    private static final int MAX_EXTENTS = 4096;
    private static final String[] MEANING = {"data", "hole", "zero", "hole,zero"};

    @Spec
    private CommandSpec spec;
    @Mixin
    private CommonOptions common;
    @Parameters(paramLabel = "URI", description = "URI or file.")
    private String source;
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
        try (ClientSession session = common.session()) {
            BlockDevice device = session.open(source, FileDeviceOptions.DEFAULT.withReadOnly(true).withExclusive(false));
            if (!device.can(BlockCapability.EXTENTS)) {
                throw new CliFailure(source + ": the server does not offer base:allocation, so nobody knows where its holes are");
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
        if (json) {
            out.print((printed == 0 ? "[\n" : ",\n") + "{\"offset\":" + runStartBytes + ",\"length\":" + length
                    + ",\"type\":" + runStatus + ",\"description\":" + ExportText.quote(MEANING[runStatus]) + "}");
        } else {
            out.println(String.format("%10d  %10d  %3d  %s", runStartBytes, length, runStatus, MEANING[runStatus]));
        }
        printed++;
    }
}
