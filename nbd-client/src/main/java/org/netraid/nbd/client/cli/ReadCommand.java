/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.concurrent.Callable;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockRequest;
import org.netraid.nbd.wire.NbdUri;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code nbd-client read URI}: a range of an export to standard output or a file. */
@Command(name = "read", mixinStandardHelpOptions = true, description = "Writes a range of an export to standard output or a file.")
final class ReadCommand implements Callable<Integer> {

    private static final int PIECE_BYTES = 256 << 10;
    private static final int PIECES_AHEAD = 8;

    @Mixin
    private CommonOptions common;
    @Parameters(paramLabel = "URI")
    private String uri;
    @Option(names = "--offset", converter = ByteSize.class, defaultValue = "0", description = "Where to begin (default 0).")
    private long offset;
    @Option(names = "--length", converter = ByteSize.class, description = "How much (default: to the end).")
    private Long length;
    @Option(names = "--out", paramLabel = "FILE", description = "Write there instead of to standard output.")
    private Path file;

    @Override
    public Integer call() {
        NbdUri parsed = ClientSession.uri(uri);
        try (ClientSession session = common.session()) {
            BlockDevice device = session.open(parsed);
            long end = StreamRange.end(device, offset, length);
            try (OutputStream out = file == null ? new FileOutputStream(FileDescriptor.out)
                    : new FileOutputStream(file.toFile())) {
                read(session, device, end, out);
                out.flush();
            } catch (IOException e) {
                throw new CliFailure("cannot write" + (file == null ? " to standard output: " : ": ") + e.getMessage());
            }
        }
        return 0;
    }

    private void read(ClientSession session, BlockDevice device, long end, OutputStream out) throws IOException {
        ArrayDeque<ClientSession.Submitted> ahead = new ArrayDeque<>();
        ArrayDeque<ByteBuffer> buffers = new ArrayDeque<>();
        long next = offset;
        while (next < end || !ahead.isEmpty()) {
            while (next < end && ahead.size() < PIECES_AHEAD) {
                long at = next;
                ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(PIECE_BYTES, end - next));
                buffers.add(buffer);
                ahead.add(session.submit(device, completion -> new BlockRequest().read(at, buffer, completion)));
                next += buffer.capacity();
            }
            ahead.remove().await();
            out.write(buffers.remove().array());
        }
    }
}
