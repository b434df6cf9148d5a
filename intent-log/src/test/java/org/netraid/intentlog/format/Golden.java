/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog.format;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Golden bytes: {@code offset: hex} lines, everything between them zero; {@code #} starts a comment. */
final class Golden {

    private Golden() {
    }

    static byte[] load(String name, int length) {
        byte[] bytes = new byte[length];
        for (String line : text(name).split("\n")) {
            String content = line.replaceFirst("#.*", "").strip();
            if (!content.isEmpty()) {
                String[] parts = content.split(":");
                byte[] run = HexFormat.of().parseHex(parts[1].replace(" ", ""));
                System.arraycopy(run, 0, bytes, Integer.parseInt(parts[0].strip()), run.length);
            }
        }
        return bytes;
    }

    /** The same form, for a new golden file and for messages. */
    static String dump(ByteBuffer block) {
        StringBuilder out = new StringBuilder();
        for (int at = 0; at < block.capacity(); at += 16) {
            byte[] row = new byte[Math.min(16, block.capacity() - at)];
            block.get(at, row);
            String hex = HexFormat.ofDelimiter(" ").formatHex(row);
            if (!hex.matches("[0 ]*")) {
                out.append(String.format("%5d: %s%n", at, hex));
            }
        }
        return out.toString();
    }

    private static String text(String name) {
        try (InputStream in = Golden.class.getResourceAsStream("/golden/" + name)) {
            return in == null ? "" : new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
