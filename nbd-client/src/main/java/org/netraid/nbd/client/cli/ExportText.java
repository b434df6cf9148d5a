/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client.cli;

import java.util.ArrayList;
import java.util.List;
import org.netraid.nbd.client.NbdExport;
import org.netraid.nbd.wire.MetaContext;
import org.netraid.nbd.wire.TransmissionFlags;

/** One export, for people and as JSON. */
final class ExportText {

    private ExportText() {
    }

    static void print(StringBuilder out, NbdExport export) {
        line(out, "export", "'" + export.name() + "'");
        if (!export.description().isEmpty()) {
            line(out, "description", export.description());
        }
        String exact = export.sizeBytes() < 1024 ? "" : " (" + export.sizeBytes() + " bytes)";
        line(out, "size", ByteSize.text(export.sizeBytes()) + exact);
        line(out, "block sizes", "minimum " + export.minBlockBytes() + ", preferred " + export.preferredBlockBytes()
                + ", maximum payload " + export.maxPayloadBytes() + (export.blockSizesAdvertised() ? "" : " (assumed)"));
        line(out, "flags", String.join(", ", flags(export.flags())));
        line(out, "contexts", export.contexts().isEmpty() ? "none" : String.join(", ", names(export)));
        line(out, "replies", export.extendedHeaders() ? "extended headers" : export.structuredReplies() ? "structured" : "simple");
    }

    private static void line(StringBuilder out, String key, String value) {
        out.append(String.format("%-12s %s%n", key, value));
    }

    static String json(String uri, NbdExport export) {
        return "{\"uri\":" + quote(uri) + ",\"export\":" + quote(export.name())
                + ",\"description\":" + quote(export.description())
                + ",\"sizeBytes\":" + export.sizeBytes()
                + ",\"minBlockBytes\":" + export.minBlockBytes()
                + ",\"preferredBlockBytes\":" + export.preferredBlockBytes()
                + ",\"maxPayloadBytes\":" + export.maxPayloadBytes()
                + ",\"blockSizesAdvertised\":" + export.blockSizesAdvertised()
                + ",\"structuredReplies\":" + export.structuredReplies()
                + ",\"extendedHeaders\":" + export.extendedHeaders()
                + ",\"contexts\":[" + String.join(",", names(export).stream().map(ExportText::quote).toList()) + "]"
                + ",\"flags\":[" + String.join(",", flags(export.flags()).stream().map(ExportText::quote).toList()) + "]}";
    }

    private static List<String> names(NbdExport export) {
        return export.contexts().stream().map(MetaContext::name).toList();
    }

    static List<String> flags(int bits) {
        String[] names = {null, "read-only", "flush", "fua", "rotational", "trim", "write-zeroes", "df", "multi-conn",
            "resize", "cache", "fast-zero", "block-status-payload"};
        List<String> flags = new ArrayList<>();
        for (int bit = 1; bit < 16; bit++) {
            if ((bits & 1 << bit) != 0) {
                flags.add(bit < names.length ? names[bit] : "bit-" + bit);
            }
        }
        if ((bits & TransmissionFlags.HAS_FLAGS) == 0) {
            flags.add("none-valid");
        }
        return flags;
    }

    static String quote(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < 0x20) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}
