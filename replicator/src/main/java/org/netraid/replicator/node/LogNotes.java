/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.nio.charset.StandardCharsets;
import org.netraid.store.StateFolder;
import org.netraid.store.StateFolderException;

/**
 * Two small durable files beside the mirror record that say how its intent log stands. {@code <tag>_log_failed} exists while the log
 * is not to be believed: every target needs a full resync. {@code <tag>_resize} holds the size the mirror is being changed to.
 */
final class LogNotes {

    static final String FAILED = "log_failed";
    static final String RESIZE = "resize";
    private static final int MAX_TEXT = 1000;

    private final StateFolder folder;
    private final String tag;

    LogNotes(StateFolder folder, String tag) {
        this.folder = folder;
        this.tag = tag;
    }

    /** Why the log has failed, for people; empty if it has not. */
    String failure() {
        return folder.read(file(FAILED)).map(bytes -> {
            String text = new String(bytes, StandardCharsets.UTF_8).trim();
            return text.isEmpty() ? "unknown" : text;
        }).orElse("");
    }

    /** @return false if it could not be made durable */
    boolean recordFailure(String why) {
        return write(FAILED, why.substring(0, Math.min(MAX_TEXT, why.length())));
    }

    boolean clearFailure() {
        return delete(FAILED);
    }

    /** Bytes the mirror is to have; 0 if it keeps its size, also if the file cannot be understood. */
    long resizeBytes() {
        String text = folder.read(file(RESIZE)).map(bytes -> new String(bytes, StandardCharsets.UTF_8).trim()).orElse("");
        return text.matches("[1-9][0-9]{0,17}") ? Long.parseLong(text) : 0;
    }

    /** @return false if it could not be made durable */
    boolean recordResize(long sizeBytes) {
        return write(RESIZE, Long.toString(sizeBytes));
    }

    boolean clearResize() {
        return delete(RESIZE);
    }

    private boolean write(String name, String text) {
        try {
            folder.write(file(name), (text + "\n").getBytes(StandardCharsets.UTF_8));
            return true;
        } catch (StateFolderException e) {
            return false;
        }
    }

    private boolean delete(String name) {
        try {
            if (folder.read(file(name)).isPresent()) {
                folder.delete(file(name));
            }
            return true;
        } catch (StateFolderException e) {
            return false;
        }
    }

    private String file(String name) {
        return tag + "_" + name;
    }
}
