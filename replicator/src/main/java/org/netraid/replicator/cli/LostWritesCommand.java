/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.cli;

import java.io.EOFException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.lost.LostHeader;
import org.netraid.replicator.lost.LostIndex;
import org.netraid.replicator.state.Generations;

/** {@code lost-writes list|extract FILE}: reads what was saved of a copy that was given up at the end of a split brain. */
public final class LostWritesCommand {

    static final String USAGE = """
            usage: lost-writes list FILE
                   lost-writes extract FILE --into IMAGE [--chunk NUMBER]

            FILE is STATE/TAG.lost-GENERATION on the node whose copy was given up.

              list        whose writes they are, when they were given up, and where on the device each chunk was
              extract     writes each chunk (or the one named) to its place in IMAGE, a file that is made if there is none: a sparse image
                          with nothing else in it, or a copy of the device, which then is what the node had

            Every chunk is checked against its checksum first. exit status: 0 done, 1 usage, 5 the file is damaged or cannot be read
            """;

    private LostWritesCommand() {
    }

    public static void main(String[] arguments) {
        System.exit(run(arguments, System.out, System.err));
    }

    static int run(String[] arguments, PrintStream out, PrintStream err) {
        try {
            Arguments parsed = Arguments.parse(arguments, Set.of("--help"), Set.of("--into", "--chunk"), Set.of());
            if (parsed.has("--help")) {
                out.print(USAGE);
                return 0;
            }
            List<String> words = parsed.words();
            boolean extract = words.size() == 2 && words.get(0).equals("extract") && parsed.has("--into");
            boolean list = words.size() == 2 && words.get(0).equals("list") && !parsed.has("--into") && !parsed.has("--chunk");
            boolean isNumber = parsed.value("--chunk") == null || parsed.value("--chunk").matches("[0-9]{1,15}");
            if (!list && !extract || !isNumber) {
                throw new UsageException("list FILE, or extract FILE --into IMAGE, is wanted; --chunk takes a number");
            }
            try (FileChannel file = FileChannel.open(Path.of(words.get(1)), StandardOpenOption.READ)) {
                return list ? list(file, out) : extract(file, parsed, out);
            }
        } catch (UsageException e) {
            err.println("lost-writes: " + e.getMessage());
            err.print(USAGE);
            return ExitCode.USAGE.status();
        } catch (IOException e) {
            err.println("lost-writes: " + reason(e));
            return ExitCode.DEVICE_ERROR.status();
        }
    }

    /** Java says of a missing file nothing but its name. */
    private static String reason(IOException e) {
        if (e instanceof NoSuchFileException missing) {
            return "there is no " + missing.getFile();
        }
        if (e instanceof AccessDeniedException denied) {
            return denied.getFile() + " may not be opened by this user";
        }
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    private static LostHeader header(FileChannel file) throws IOException {
        LostHeader header = LostHeader.decode(read(file, 0, LostHeader.BLOCK_BYTES));
        if (header == null) {
            throw new IOException("this is no file of lost writes, or it is not whole: saving was cut short, and nothing was "
                    + "overwritten then");
        }
        return header;
    }

    private static List<LostIndex.Entry> entries(FileChannel file, LostHeader header) throws IOException {
        int bytes = (int) (LostHeader.dataAt(header.count()) - LostHeader.BLOCK_BYTES);
        List<LostIndex.Entry> entries = LostIndex.decode(header, read(file, LostHeader.BLOCK_BYTES, bytes));
        if (entries == null) {
            throw new IOException("the index is damaged");
        }
        return entries;
    }

    private static int list(FileChannel file, PrintStream out) throws IOException {
        LostHeader header = header(file);
        List<LostIndex.Entry> entries = entries(file, header);
        out.println("writes of " + header.node() + ", given up for those of " + header.winner() + " at "
                + Instant.ofEpochMilli(header.millis()));
        out.println("generation " + Generations.text(header.lost()) + ", kept " + Generations.text(header.kept()) + "; device of "
                + header.mirrorBytes() + " bytes");
        out.println(header.count() + " chunks of " + header.chunkBytes() + " bytes:");
        for (LostIndex.Entry entry : entries) {
            out.println("  chunk " + entry.chunk() + "  offset " + entry.chunk() * header.chunkBytes() + "  length " + entry.lengthBytes());
        }
        return 0;
    }

    private static int extract(FileChannel file, Arguments parsed, PrintStream out) throws IOException {
        LostHeader header = header(file);
        List<LostIndex.Entry> entries = entries(file, header);
        long only = parsed.value("--chunk") == null ? -1 : Long.parseLong(parsed.value("--chunk"));
        if (only >= 0 && entries.stream().noneMatch(entry -> entry.chunk() == only)) {
            throw new IOException("chunk " + only + " is not in this file");
        }
        long bytes = 0;
        try (FileChannel image = FileChannel.open(Path.of(parsed.value("--into")), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            for (int i = 0; i < entries.size(); i++) {
                LostIndex.Entry entry = entries.get(i);
                if (only < 0 || entry.chunk() == only) {
                    long from = LostHeader.dataAt(header.count()) + (long) i * header.chunkBytes();
                    ByteBuffer content = read(file, from, entry.lengthBytes());
                    if (LostHeader.crc(content) != entry.crc()) {
                        throw new IOException("chunk " + entry.chunk() + " is damaged; what comes before it is extracted");
                    }
                    long at = entry.chunk() * header.chunkBytes();
                    while (content.hasRemaining()) {
                        at += image.write(content, at);
                    }
                    bytes += entry.lengthBytes();
                }
            }
            image.force(true);
        }
        out.println(bytes + " bytes written to " + parsed.value("--into"));
        return 0;
    }

    private static ByteBuffer read(FileChannel file, long offset, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (file.read(bytes, offset + bytes.position()) < 0) {
                throw new EOFException("the file ends too early");
            }
        }
        return bytes.flip();
    }
}
