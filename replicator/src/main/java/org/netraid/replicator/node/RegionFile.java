/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.netraid.store.StateFolder;

/**
 * What the memory of recent writes is worth, durably: {@code <tag>_regions}, one line, the worth and the mirror's identity. No file, or one
 * that says anything else: nothing.
 */
final class RegionFile {

    /** What the memory is worth; a later value is worth more. */
    enum Worth {
        /** Nothing. */
        NONE,
        /** It is being filled, and does not reach back to the last moment when all copies were equal. */
        BEGUN,
        /** Has all writes that this copy got and another may lack. */
        KEPT,
        /** Has also all that another copy may lack although this one did not get it in a write of its own. */
        WHOLE
    }

    private final StateFolder folder;
    private final String name;

    RegionFile(StateFolder folder, String tag) {
        this.folder = folder;
        this.name = tag + "_regions";
    }

    /** What it is worth for this mirror. */
    Worth read(long mirrorId) {
        String text = folder.read(name).map(bytes -> new String(bytes, StandardCharsets.UTF_8)).orElse("");
        for (Worth worth : Worth.values()) {
            if (worth != Worth.NONE && text.equals(line(worth, mirrorId))) {
                return worth;
            }
        }
        return Worth.NONE;
    }

    /** @throws org.netraid.store.StateFolderException if the folder cannot be written */
    void write(Worth worth, long mirrorId) {
        if (worth == Worth.NONE) {
            folder.delete(name);
        } else {
            folder.write(name, line(worth, mirrorId).getBytes(StandardCharsets.UTF_8));
        }
    }

    private static String line(Worth worth, long mirrorId) {
        return worth.name().toLowerCase(Locale.ROOT) + " " + String.format("%016x", mirrorId) + "\n";
    }
}
