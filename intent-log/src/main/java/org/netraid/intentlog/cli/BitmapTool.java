/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.imageio.ImageIO;
import org.netraid.block.BlockError;
import org.netraid.intentlog.DiskIntentLog;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.IntentLogLayout;
import org.netraid.intentlog.SlotState;

/** Entry point of {@code bin/bitmap}: DataKeeper's letters, clear words, and no change to a log in use. */
public final class BitmapTool {

    static final int FAILED = 1;
    static final int USAGE = 2;
    static final int DAMAGED = 3;
    static final int IN_USE = 4;

    static final String HELP = """
            usage: bitmap COMMAND LOG

              -X, --examine LOG            what the log says: targets, dirty chunks, hot regions
                    --json                 the same as JSON
                    --map                  a map of the device for each target
                    --png FILE             the map as a picture: a band for each target, white clean, red partly, black all dirty
              --verify LOG                 checks every block, also copies that another makes up for
              -c, --clear LOG              no target has dirty chunks (for disks made identical by hand)
                    --i-have-identical-copies   required
              -d, --dirty-all LOG          every target needs a full resync
              -m, --merge OTHER LOG        what is dirty in the log OTHER becomes dirty in LOG for every target
              -x, --resize SIZE LOG        the device has SIZE bytes now; what it has more than before is dirty for every target
              --chunk SIZE LOG             a bit stands for SIZE bytes: a power of two, 4K to 1M; may be given with --resize

            LOG is <tag>.intent in the mirror's state folder. All that change it need a log not in use: stop the mirror first.
            SIZE is a number of bytes, or one with K, M, G or T for powers of 1024.
            exit status: 0 done, 1 failed, 2 usage, 3 damaged, 4 in use
            """;

    private static final Set<String> FLAGS = Set.of("--json", "--map", "--i-have-identical-copies");

    /** Commands with a size, that may be given together. */
    private static final Set<String> RESHAPES = Set.of("--resize", "--chunk");

    private String png;
    private final Map<String, Long> sizes = new TreeMap<>();
    private final List<String> flags = new ArrayList<>();
    private final List<String> words = new ArrayList<>();
    private String command = "";

    private BitmapTool() {
    }

    public static void main(String[] arguments) {
        System.exit(run(System.out, System.err, arguments));
    }

    static int run(PrintStream out, PrintStream err, String... arguments) {
        try {
            BitmapTool tool = new BitmapTool();
            tool.parse(arguments);
            return tool.execute(out);
        } catch (ToolFailure e) {
            err.println("bitmap: " + e.getMessage());
            return e.status();
        } catch (IOException e) {
            err.println("bitmap: " + e.getMessage());
            return FAILED;
        }
    }

    private void parse(String[] arguments) throws ToolFailure {
        for (int i = 0; i < arguments.length; i++) {
            String argument = arguments[i];
            String meaning = switch (argument) {
                case "-X" -> "--examine";
                case "-c" -> "--clear";
                case "-d" -> "--dirty-all";
                case "-m" -> "--merge";
                case "-h" -> "--help";
                case "-a" -> throw usage("-a: the asynchronous limit is in the mirror's configuration, not in the log");
                case "-x" -> "--resize";
                default -> argument;
            };
            if (meaning.equals("--png")) {
                if (i + 1 == arguments.length) {
                    throw usage("--png needs a file");
                }
                png = arguments[++i];
            } else if (RESHAPES.contains(meaning)) {
                if (i + 1 == arguments.length) {
                    throw usage(argument + " needs a size");
                }
                sizes.put(meaning, bytes(arguments[++i]));
                if (!command.isEmpty() && !RESHAPES.contains(command)) {
                    throw usage("one command at a time, not " + command + " and " + argument);
                }
                command = meaning;
            } else if (FLAGS.contains(meaning)) {
                flags.add(meaning);
            } else if (!meaning.startsWith("-")) {
                words.add(meaning);
            } else if (command.isEmpty()) {
                command = meaning;
            } else {
                throw usage("one command at a time, not " + command + " and " + argument);
            }
        }
    }

    private static long bytes(String text) throws ToolFailure {
        int unit = text.isEmpty() ? -1 : "KMGT".indexOf(text.charAt(text.length() - 1));
        String digits = unit < 0 ? text : text.substring(0, text.length() - 1);
        if (!digits.matches("[0-9]{1,15}") || Long.parseLong(digits) > Long.MAX_VALUE >> 10 * (unit + 1)) {
            throw usage("\"" + text + "\" is not a size: a number of bytes, or one with K, M, G or T");
        }
        return Long.parseLong(digits) << 10 * (unit + 1);
    }

    private static ToolFailure usage(String what) {
        return new ToolFailure(USAGE, what + " (bitmap --help shows the usage)");
    }

    private int execute(PrintStream out) throws ToolFailure, IOException {
        switch (command) {
            case "--help" -> out.print(HELP);
            case "--examine" -> out.print(examine(new BitmapReport(only(1))));
            case "--verify" -> {
                return new LogVerifier(only(1)).run(out);
            }
            case "--clear" -> out.print(clear(only(1)));
            case "--dirty-all" -> out.print(dirtyAll(only(1)));
            case "--merge" -> out.print(merge(only(2), LogFile.at(Path.of(words.get(0)))));
            case "--resize", "--chunk" -> out.print(reshape(only(1)));
            case "" -> throw usage("which command?");
            default -> throw usage("unknown option " + command);
        }
        return 0;
    }

    /** The log to work on: the last word. */
    private LogFile only(int count) throws ToolFailure {
        if (words.size() != count) {
            throw usage(command + " takes " + (count == 1 ? "one log" : "two logs"));
        }
        return LogFile.at(Path.of(words.get(count - 1)));
    }

    private String examine(BitmapReport report) throws IOException {
        if (png != null) {
            System.setProperty("java.awt.headless", "true");
            // not ImageIO's own File: it prints a stack trace when it cannot be opened
            try (OutputStream file = Files.newOutputStream(Path.of(png))) {
                if (!ImageIO.write(report.image(), "png", file)) {
                    throw new IOException("this Java cannot write PNG files");
                }
            }
            return png + ": a band of 1024 x 128 cells for each target; white clean, red partly, black all dirty\n";
        }
        return flags.contains("--json") ? report.json() : flags.contains("--map") ? report.map() : report.text();
    }

    private String clear(LogFile file) throws ToolFailure {
        if (!flags.contains("--i-have-identical-copies")) {
            throw usage("--clear drops the record of what differs; if the copies are identical, add --i-have-identical-copies");
        }
        file.change((log, waits) -> {
            for (int k : used(log)) {
                String name = log.slotName(k);
                waits.until(waiter -> {
                    log.setSlot(k, name, SlotState.UNUSED, error -> { });
                    log.setSlot(k, name, SlotState.TRACKING, waiter);
                });
            }
        });
        return file.path + ": no chunk is dirty for any target\n";
    }

    private String dirtyAll(LogFile file) throws ToolFailure {
        file.change((log, waits) -> {
            for (int k : used(log)) {
                waits.until(waiter -> log.setSlot(k, log.slotName(k), SlotState.FULL_RESYNC, waiter));
            }
        });
        return file.path + ": every target needs a full resync\n";
    }

    private String merge(LogFile file, LogFile other) throws ToolFailure {
        DiskIntentLog from = other.snapshot();
        if (from.recovery().kind() == IntentLog.Recovery.Kind.LOST) {
            throw new ToolFailure(DAMAGED, other.path + " is damaged and was not merged; use --dirty-all");
        }
        byte[] dirty = from.exportDirty(mask(used(from)));
        file.change((log, waits) -> {
            BlockError[] merged = {BlockError.NONE};
            waits.until(waiter -> {
                merged[0] = log.mergeDirty(mask(used(log)), dirty, waiter);
                if (merged[0].isError()) {
                    waiter.onIntent(BlockError.NONE);
                }
            });
            if (merged[0].isError()) {
                throw new ToolFailure(FAILED, other.path + " is for another device size or chunk size; nothing was changed");
            }
        });
        return file.path + ": what is dirty in " + other.path + " is dirty for every target\n";
    }

    private String reshape(LogFile file) throws ToolFailure {
        long deviceBytes = sizes.getOrDefault("--resize", file.superblock.deviceSizeBytes());
        long chunkBytes = sizes.getOrDefault("--chunk", (long) file.superblock.chunkBytes());
        int chunk = (int) Math.min(chunkBytes, Integer.MAX_VALUE);
        String problem = IntentLogLayout.problem(deviceBytes, chunk, file.superblock.alSlots());
        if (problem != null) {
            throw usage(problem);
        }
        new LogReplacement(file, deviceBytes, chunk, LogReplacement.Steps.NONE).run();
        String change = file.path + ": for a device of " + deviceBytes + " bytes in chunks of " + chunk + " now";
        return change + (deviceBytes > file.superblock.deviceSizeBytes() ? "; what it has more is dirty for every target\n" : "\n");
    }

    private static List<Integer> used(DiskIntentLog log) {
        List<Integer> slots = new ArrayList<>();
        for (int k = 0; k < IntentLog.MAX_SLOTS; k++) {
            if (log.slotState(k) != SlotState.UNUSED) {
                slots.add(k);
            }
        }
        return slots;
    }

    private static int mask(List<Integer> slots) {
        return slots.stream().mapToInt(k -> 1 << k).sum();
    }
}
