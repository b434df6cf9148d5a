/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.List;
import java.util.function.Consumer;
import org.netraid.block.BlockDevice;
import org.netraid.journal.AsyncJournal;

/** Opens a node's disks and intent logs. Exactly one of the two callbacks runs, on the node's loop, never inside the call. */
public interface DiskOpener {

    /**
     * Opens a disk for this node alone.
     *
     * @param path as in the configuration
     * @param failed gets a sentence for people: path, what failed, and what to do
     */
    void openDisk(String path, Consumer<BlockDevice> opened, Consumer<String> failed);

    /**
     * Tells a disk from another that is put in its place. Called on the node's loop.
     *
     * @return one word or a few for people, the same as long as it is the same disk; "" if nobody can tell
     */
    default String identity(String path) {
        return "";
    }

    /**
     * Gives a disk that has no identity of its own a mark, if it can carry one that is not part of its content.
     *
     * @param mark random
     * @return its identity from now on; "" if nobody can tell
     */
    default String mark(String path, String mark) {
        return identity(path);
    }

    /**
     * Opens the file of a mirror's intent log in the node's state folder, and makes it (zeros) or lengthens it where needed.
     *
     * @param tag the mirror
     * @param sizeBytes at least so large
     */
    void openIntentLog(String tag, long sizeBytes, Consumer<BlockDevice> opened, Consumer<String> failed);

    /**
     * Makes a log beside that of the mirror, all zeros, in place of any that an earlier attempt has left there.
     *
     * @param sizeBytes exactly so large
     */
    void openNewIntentLog(String tag, long sizeBytes, Consumer<BlockDevice> opened, Consumer<String> failed);

    /** Gives the log beside that of the mirror its place, durably and in one step; both are closed. */
    void replaceIntentLog(String tag, Runnable replaced, Consumer<String> failed);

    /**
     * Opens the file of what a target remembers of recent writes, in the node's state folder, and makes it (zeros) or lengthens it where
     * needed.
     *
     * @param sizeBytes at least so large
     */
    void openRegionLog(String tag, long sizeBytes, Consumer<BlockDevice> opened, Consumer<String> failed);

    /**
     * Makes a file in the node's state folder for what is given up at the end of a split brain; one of the same name is replaced.
     *
     * @param sizeBytes exactly so large
     */
    void openLostWrites(String name, long sizeBytes, Consumer<BlockDevice> opened, Consumer<String> failed);

    /**
     * How large an undo journal may be.
     *
     * @param wantedBytes no more is ever needed
     * @param neededBytes if there is less room than this, it is not worth beginning
     * @param quarterOnly take at most a quarter of what is free
     */
    record UndoSpace(long wantedBytes, long neededBytes, boolean quarterOnly) {
    }

    /**
     * Opens a mirror's undo journal.
     *
     * @param path file or block device; null: a file in the node's state folder
     * @param space the bounds of a new one, whose content does not matter; null: the existing one, as it is
     */
    void openUndoJournal(String tag, String path, UndoSpace space, Consumer<BlockDevice> opened, Consumer<String> failed);

    /**
     * A mirror's journals, for its asynchronous targets.
     *
     * @param journal the new life's
     * @param left an earlier life's, to be replayed; null if there is none
     * @param news what an operator may want to know
     */
    record Journals(AsyncJournal journal, AsyncJournal left, List<String> news) {
    }

    /** Opens a mirror's journals: begins a new one, and finds what an earlier life has left. */
    void openJournal(String tag, long mirrorId, Consumer<Journals> opened, Consumer<String> failed);

    /** Deletes what earlier lives have left. */
    void discardJournal(String tag);

    /** Gives the space of an undo journal that is closed back: a file is removed, a block device stays as it is. */
    void removeUndoJournal(String tag, String path);
}
