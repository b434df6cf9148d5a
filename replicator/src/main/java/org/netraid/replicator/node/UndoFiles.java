/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.netraid.replicator.metadata.UndoStateCodec;
import org.netraid.replicator.state.UndoState;
import org.netraid.store.StateFolder;

/**
 * What one mirror's undo journal leaves in the state folder.
 *
 * <ul>
 *   <li>{@code <tag>_undo}: the {@link UndoState}</li>
 *   <li>{@code <tag>_undone}: chunks that a roll-back has made older than the source believes, as a dirty map; empty: perhaps all. It is
 *       there before the first chunk is rolled back, and until the copy is in sync again or in service</li>
 *   <li>{@code <tag>_followed}: when the copy ceased to follow its source, milliseconds as text</li>
 * </ul>
 */
final class UndoFiles {

    private final StateFolder folder;
    private final String tag;

    UndoFiles(StateFolder folder, String tag) {
        this.folder = folder;
        this.tag = tag;
    }

    /** The state; empty if there is none, or it is damaged: then nothing can be rolled back. */
    Optional<UndoState> readState() {
        return folder.read(tag + "_undo").flatMap(UndoStateCodec::decode);
    }

    void writeState(UndoState state) {
        folder.write(tag + "_undo", UndoStateCodec.encode(state));
    }

    void deleteState() {
        folder.delete(tag + "_undo");
    }

    Optional<byte[]> readUndone() {
        return folder.read(tag + "_undone");
    }

    void writeUndone(byte[] map) {
        folder.write(tag + "_undone", map.length > StateFolder.MAX_FILE_BYTES ? new byte[0] : map);
    }

    void deleteUndone() {
        folder.delete(tag + "_undone");
    }

    long readFollowedMillis() {
        String text = folder.read(tag + "_followed").map(bytes -> new String(bytes, StandardCharsets.UTF_8).trim()).orElse("");
        return text.matches("[0-9]{1,18}") ? Long.parseLong(text) : 0;
    }

    void writeFollowed(long millis) {
        folder.write(tag + "_followed", (millis + "\n").getBytes(StandardCharsets.UTF_8));
    }

    void deleteFollowed() {
        folder.delete(tag + "_followed");
    }
}
