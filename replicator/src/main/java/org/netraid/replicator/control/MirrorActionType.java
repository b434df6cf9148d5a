/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.control;

import java.util.Locale;
import java.util.Optional;

/** What {@code mirror_action <tag> <action> [source] [target...]} can be asked to do. */
public enum MirrorActionType {
    /** Makes the mirror for the first time: the source's content is the content, every target gets a full copy. */
    CREATE,
    /** Puts the mirror in service on the source node: a restart, or a failover takeover, as the decision table allows. */
    START,
    /** Takes the mirror out of service in order: drain, flush, mark the targets in sync. */
    STOP,
    /** Moves the mirror in order from the node it is in service on to the first target, without a resync. */
    SWITCHOVER,
    /** Starts replicating to a configured target that was not part of the mirror. */
    ADD,
    /** Forgets a target: its changes are no longer tracked. */
    REMOVE,
    /** Stops replicating to the targets; what they miss is tracked. */
    PAUSE,
    /** Ends a pause; a partial resync follows. */
    RESUME,
    /** Lets applications read, or write, the copy of a paused target on its node. */
    EXPOSE,
    /** Puts the mirror in service on a node that may not prove that its copy is the newest. */
    FORCE,
    /** Resumes, and copies everything to the targets. */
    FULLRESYNC,
    /** Ends a split brain: the source's data are kept, the target gives up its own. */
    RESOLVE,
    /** Says what changed on each side of a split brain, since when, and what each choice gives up. Changes nothing. */
    SPLIT_BRAIN,
    /** Takes an interrupted resync over the node's copy back, to what the copy was before it. */
    ROLLBACK,
    /** Compares targets with the source while the mirror is in service; what differs becomes dirty, or is repaired. */
    VERIFY,
    /** Gives the mirror the size that its disks have now; the new part is resynchronised. */
    RESIZE,
    /** Puts an intent log that has failed on its repaired device. */
    NEWLOG,
    /** Changes when a write counts as done for targets, while the mirror runs; lasts over restarts. */
    PROTOCOL,
    /** Shows how fast the resyncs of the mirror may go, or changes it until the next start. */
    SPEED,
    /** Holds the application's modifications back at a consistent point, for a snapshot, and for a limited time. */
    SUSPEND_IO,
    /** Ends that before its time is over. */
    RESUME_IO,
    /** Fills a new or repaired local disk of the source from the targets and uses it again. */
    ATTACH,
    /** Changes what an error of the source's local disk leads to, until the next start. */
    ON_IO_ERROR,
    /** Says why a node is blocked or waits, by which rule, and what would unblock it. Changes nothing. */
    EXPLAIN;

    private static final String EXTEND = "extend";

    /** The word on the command line. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The action for a word from the command line, in lower case only as DataKeeper has it; its word "extend" is ADD. */
    public static Optional<MirrorActionType> ofWord(String word) {
        if (word.equals(EXTEND)) {
            return Optional.of(ADD);
        }
        for (MirrorActionType type : values()) {
            if (type.word().equals(word)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }
}
