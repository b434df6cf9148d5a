/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog.cli;

import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.netraid.intentlog.DiskIntentLog;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.SlotState;
import org.netraid.intentlog.format.Superblock;

/** What the log says, as text, as JSON, and as a map of the device. */
final class BitmapReport {

    private static final int MAP_COLUMNS = 64;
    private static final int MAP_ROWS = 8;
    private static final int IMAGE_COLUMNS = 1024;
    private static final int IMAGE_ROWS = 128;
    private static final int IMAGE_GAP = 8;
    private static final String SHADES = ".:-=+*%#";

    private final Superblock superblock;
    private final DiskIntentLog log;

    BitmapReport(LogFile file) throws ToolFailure {
        superblock = file.superblock;
        log = file.snapshot();
    }

    String text() {
        StringBuilder out = new StringBuilder();
        out.append(String.format("mirror       %s%nnode         %s%n", superblock.mirrorId(), superblock.nodeName()));
        out.append(String.format("device       %s in chunks of %s (%d)%n", size(superblock.deviceSizeBytes()),
                size(superblock.chunkBytes()), log.chunkCount()));
        out.append(String.format("activity log %d regions of 4 MiB, %d hot%n", superblock.alSlots(), log.recovery().hotExtents()));
        out.append(String.format("state        %s%n", state()));
        out.append(String.format("slot target           state        dirty chunks      to send%n"));
        for (int k = 0; k < IntentLog.MAX_SLOTS; k++) {
            if (log.slotState(k) != SlotState.UNUSED) {
                out.append(String.format("%4d %-16s %-12s %12d %12s%n", k, log.slotName(k), log.slotState(k), log.dirtyChunks(k),
                        size(Math.min(log.dirtyChunks(k) * log.chunkBytes(), superblock.deviceSizeBytes()))));
            }
        }
        return out.toString();
    }

    private String state() {
        return switch (log.recovery().kind()) {
            case CLEAN -> "closed in order";
            case CRASHED -> "in use, or not closed in order: hot regions count as dirty below";
            default -> "damaged: every target needs a full resync";
        };
    }

    String json() {
        StringBuilder out = new StringBuilder("{");
        out.append(String.format("\"mirror\":\"%s\",\"node\":%s,\"deviceBytes\":%d,\"chunkBytes\":%d,\"chunks\":%d,",
                superblock.mirrorId(), quoted(superblock.nodeName()), superblock.deviceSizeBytes(), superblock.chunkBytes(),
                log.chunkCount()));
        out.append(String.format("\"activityLogExtents\":%d,\"hotExtents\":%d,\"state\":\"%s\",\"message\":%s,\"slots\":[",
                superblock.alSlots(), log.recovery().hotExtents(), log.recovery().kind(), quoted(log.recovery().message())));
        String separator = "";
        for (int k = 0; k < IntentLog.MAX_SLOTS; k++) {
            if (log.slotState(k) != SlotState.UNUSED) {
                out.append(separator).append(String.format("{\"slot\":%d,\"target\":%s,\"state\":\"%s\",\"dirtyChunks\":%d}", k,
                        quoted(log.slotName(k)), log.slotState(k), log.dirtyChunks(k)));
                separator = ",";
            }
        }
        return out.append("]}\n").toString();
    }

    private static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }

    /** The device from left to right and top to bottom; the darker a cell, the more of it is dirty. */
    String map() {
        long cells = Math.min(log.chunkCount(), (long) MAP_COLUMNS * MAP_ROWS);
        StringBuilder out = new StringBuilder();
        for (int k = 0; k < IntentLog.MAX_SLOTS; k++) {
            if (log.slotState(k) != SlotState.UNUSED) {
                out.append(String.format("slot %d %s, %d of %d chunks dirty; a cell is %s%n", k, log.slotName(k), log.dirtyChunks(k),
                        log.chunkCount(), size(log.chunkCount() / cells * log.chunkBytes())));
                appendMap(out, k, cells);
            }
        }
        return out.append(String.format("' ' clean, '%s' from little to all dirty%n", SHADES)).toString();
    }

    /** A picture of the map: a band for each target; white is clean, red has something dirty, black is all dirty. */
    BufferedImage image() {
        List<Integer> used = IntStream.range(0, IntentLog.MAX_SLOTS).filter(k -> log.slotState(k) != SlotState.UNUSED).boxed().toList();
        long cells = Math.min(log.chunkCount(), (long) IMAGE_COLUMNS * IMAGE_ROWS);
        int band = IMAGE_ROWS + IMAGE_GAP;
        BufferedImage image = new BufferedImage(IMAGE_COLUMNS, Math.max(1, used.size() * band), BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < used.size(); i++) {
            long[] dirty = dirtyPerCell(used.get(i), cells);
            for (int at = 0; at < IMAGE_COLUMNS * IMAGE_ROWS; at++) {
                int cell = (int) (at * cells / (IMAGE_COLUMNS * IMAGE_ROWS));
                image.setRGB(at % IMAGE_COLUMNS, i * band + at / IMAGE_COLUMNS, colour(dirty[cell], chunksIn(cell, cells)));
            }
        }
        return image;
    }

    private static int colour(long dirty, long chunks) {
        if (dirty == 0) {
            return 0xffffff;
        }
        int red = (int) (255 - 255 * dirty / Math.max(dirty, chunks));
        return red << 16 | red / 4 << 8 | red / 4;
    }

    private long chunksIn(int cell, long cells) {
        return firstChunk(cell + 1L, cells) - firstChunk(cell, cells);
    }

    private long[] dirtyPerCell(int slot, long cells) {
        long[] dirty = new long[(int) cells];
        for (long c = log.nextDirtyChunk(slot, 0); c >= 0; c = log.nextDirtyChunk(slot, c + 1)) {
            dirty[(int) cellOf(c, cells)]++;
        }
        return dirty;
    }

    private void appendMap(StringBuilder out, int slot, long cells) {
        long[] dirty = dirtyPerCell(slot, cells);
        for (int cell = 0; cell < cells; cell++) {
            int shade = (int) (dirty[cell] * SHADES.length() / Math.max(1, chunksIn(cell, cells) + 1));
            out.append(cell % MAP_COLUMNS == 0 ? "  |" : "").append(dirty[cell] == 0 ? ' ' : SHADES.charAt(shade));
            out.append(cell % MAP_COLUMNS == MAP_COLUMNS - 1 || cell == cells - 1 ? "|\n" : "");
        }
    }

    private long cellOf(long chunk, long cells) {
        long cell = chunk * cells / log.chunkCount();
        return firstChunk(cell + 1, cells) <= chunk ? cell + 1 : cell;
    }

    private long firstChunk(long cell, long cells) {
        return (cell * log.chunkCount() + cells - 1) / cells;
    }

    private static String size(long bytes) {
        String[] units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
        int unit = 0;
        double value = bytes;
        while (value >= 1024 && unit < units.length - 1) {
            value /= 1024;
            unit++;
        }
        return value == Math.rint(value) ? String.format(Locale.ROOT, "%.0f %s", value, units[unit])
                : String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
    }
}
