/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.control;

import java.util.List;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.Role;

/**
 * One mirror as one node sees it.
 *
 * @param tag the mirror
 * @param node the node that reports
 * @param created false: configured, but {@code create} was never given, here or on another node
 * @param role what the node is doing for this mirror
 * @param diskState what its local copy is worth
 * @param words state of this node in DataKeeper's words, such as {@code Source}, {@code Target}, {@code Resyncing}
 * @param mirrorWords state of the whole mirror: Fully Operational, Paused, Resyncing, Out of Sync, Split Brain, Stopped
 * @param sourceNode the node in service as far as this one knows; "" if none
 * @param generation current data generation in hexadecimal
 * @param lastOwnerFlag the flag file {@code <tag>_last_owner} exists here
 * @param sourceFlag content of the flag file {@code <tag>_source} here; "" if there is none
 * @param dataCorruptFlag the flag file {@code <tag>_data_corrupt} exists here
 * @param sizeBytes size of the mirror; 0 if not known yet
 * @param chunkBytes bytes per dirty bit
 * @param exportUri NBD URI the application uses; on a target that of its paused copy while it is exposed; else ""
 * @param blockedRule rule that keeps this node out of service; "" if it is not blocked
 * @param blockedReason one sentence
 * @param cure what would unblock it; one sentence
 * @param recoveryMessage what opening the intent log found; "" if not opened
 * @param logFailure why the mirror goes on without its intent log, what follows and what to do; "" while the log works
 * @param resync what its resyncs have cost; nothing unless this node is the source
 * @param targets targets, in the order of the configuration; empty unless this node is the source
 * @param verifies their comparisons with the source, in the same order; empty unless this node is the source
 * @param io what happens to the application's requests
 * @param journal that of its asynchronous targets; none unless this node is the source
 * @param undo whether the resync over this node's copy can be taken back
 * @param quorum who decides with this node
 */
public record MirrorStatus(String tag, String node, boolean created, Role role, DiskState diskState, String words, String mirrorWords,
        String sourceNode, String generation, boolean lastOwnerFlag, String sourceFlag, boolean dataCorruptFlag,
        long sizeBytes, int chunkBytes, String exportUri, String blockedRule, String blockedReason, String cure,
        String recoveryMessage, String logFailure, ResyncStatus resync, List<TargetStatus> targets, List<VerifyStatus> verifies,
        IoStatus io, JournalReport journal, UndoStatus undo, QuorumStatus quorum) {

    public MirrorStatus {
        targets = List.copyOf(targets);
        logFailure = logFailure == null ? "" : logFailure;
        resync = resync == null ? ResyncStatus.NONE : resync;
        journal = journal == null ? JournalReport.NONE : journal;
        io = io == null ? IoStatus.NONE : io;
        undo = undo == null ? UndoStatus.NONE : undo;
        quorum = quorum == null ? QuorumStatus.NONE : quorum;
        verifies = verifies == null ? List.of() : List.copyOf(verifies);
    }
}
