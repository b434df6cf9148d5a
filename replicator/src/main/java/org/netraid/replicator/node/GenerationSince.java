/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.nio.charset.StandardCharsets;
import org.netraid.replicator.state.Generations;
import org.netraid.store.StateFolder;
import org.netraid.store.StateFolderException;

/** When this copy's generation began, for people: {@code <tag>_since}, the generation and milliseconds since 1970. */
final class GenerationSince {

    private final StateFolder folder;
    private final String name;

    GenerationSince(StateFolder folder, String tag) {
        this.folder = folder;
        this.name = tag + "_since";
    }

    /** Never fails: it is only told to people. */
    void note(long generation, long millis) {
        try {
            folder.write(name, (Generations.text(generation) + " " + millis + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (StateFolderException e) {
            forget();
        }
    }

    private void forget() {
        try {
            folder.delete(name);
        } catch (StateFolderException e) {
            // what is there is of another generation, and not believed
        }
    }

    /** 0 if it is not known. */
    long millis(long generation) {
        String text = folder.read(name).map(bytes -> new String(bytes, StandardCharsets.UTF_8).trim()).orElse("");
        String[] words = text.split(" ");
        return words.length == 2 && words[0].equals(Generations.text(generation)) && words[1].matches("[0-9]{1,18}")
                ? Long.parseLong(words[1]) : 0;
    }
}
