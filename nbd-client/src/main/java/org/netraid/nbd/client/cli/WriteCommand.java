/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client.cli;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.concurrent.Callable;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockRequest;
import org.netraid.nbd.wire.NbdUri;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nbd-client write URI}: standard input or a file onto an export, flushed at the end. */
@Command(name = "write", mixinStandardHelpOptions = true,
        description = "Writes standard input or a file onto an export and flushes it.")
final class WriteCommand implements Callable<Integer> {

    private static final int PIECE_BYTES = 256 << 10;
    private static final int PIECES_UNDER_WAY = 8;

    @Spec
    private CommandSpec spec;
    @Mixin
    private CommonOptions common;
    @Parameters(paramLabel = "URI")
    private String uri;
    @Option(names = "--offset", converter = ByteSize.class, defaultValue = "0", description = "Where to begin (default 0).")
    private long offset;
    @Option(names = "--length", converter = ByteSize.class, description = "Write at most so much (default: all input).")
    private Long length;
    @Option(names = "--in", paramLabel = "FILE", description = "Read from there instead of from standard input.")
    private Path file;

    @Override
    public Integer call() {
        NbdUri parsed = ClientSession.uri(uri);
        try (ClientSession session = common.session()) {
            BlockDevice device = session.open(parsed);
            StreamRange.end(device, offset, length);
            long written;
            try (InputStream in = file == null ? System.in : new FileInputStream(file.toFile())) {
                written = write(session, device, in);
            } catch (IOException e) {
                throw new CliFailure("cannot read" + (file == null ? " standard input: " : ": ") + e.getMessage());
            }
            session.flush(device);
            PrintWriter out = spec.commandLine().getOut();
            out.println("wrote " + written + " bytes at " + offset);
            out.flush();
        }
        return 0;
    }

    private long write(ClientSession session, BlockDevice device, InputStream in) throws IOException {
        ArrayDeque<ClientSession.Submitted> underWay = new ArrayDeque<>();
        long room = device.geometry().sizeBytes() - offset;
        long wanted = length == null ? Long.MAX_VALUE : length;
        long written = 0;
        while (written < wanted) {
            byte[] bytes = in.readNBytes((int) Math.min(PIECE_BYTES, wanted - written));
            if (bytes.length == 0) {
                break;
            }
            if (bytes.length > room - written) {
                throw new CliFailure("the input is longer than the room behind offset " + offset + " (" + room + " bytes) on "
                        + device.name() + "; " + written + " bytes were written");
            }
            long at = offset + written;
            underWay.add(session.submit(device, completion ->
                    new BlockRequest().write(at, ByteBuffer.wrap(bytes), BlockRequest.STABLE_PAYLOAD, completion)));
            written += bytes.length;
            if (underWay.size() == PIECES_UNDER_WAY) {
                underWay.remove().await();
            }
        }
        underWay.forEach(ClientSession.Submitted::await);
        return written;
    }
}
