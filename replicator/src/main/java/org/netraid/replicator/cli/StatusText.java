/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.netraid.replicator.control.CompressionStatus;
import org.netraid.replicator.control.IoStatus;
import org.netraid.replicator.control.JournalReport;
import org.netraid.replicator.control.MirrorStatus;
import org.netraid.replicator.control.QuorumStatus;
import org.netraid.replicator.control.ReplicationStatus;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.control.TargetStatus;
import org.netraid.replicator.control.UndoStatus;
import org.netraid.replicator.control.VerifyStatus;
import org.netraid.replicator.io.Units;
import org.netraid.replicator.state.Role;

/** A mirror's status for people, in DataKeeper's look. Pure text; no decision rests on it. */
final class StatusText {

    private static final int BAR_WIDTH = 40;
    private static final int BAR_MIN_WIDTH = 4;
    private static final int LISTED_DIFFERENCES = 5;
    private static final int ROOM_FOR_REASONS = 140;

    private StatusText() {
    }

    static List<String> of(MirrorStatus mirror) {
        List<String> lines = new ArrayList<>();
        lines.add("Mirror " + mirror.tag() + " on " + mirror.node() + ": " + mirror.words()
                + (mirror.mirrorWords().isEmpty() || mirror.mirrorWords().equals(mirror.words()) ? "" : " (" + mirror.mirrorWords() + ")"));
        if (!mirror.created()) {
            lines.add("        Not created yet: run mirror_action " + mirror.tag() + " create on the node with the data");
            return lines;
        }
        addIfAny(lines, "    !!! ", mirror.logFailure());
        addIo(lines, mirror.io());
        addLocalDisk(lines, mirror);
        for (TargetStatus target : mirror.targets()) {
            addTarget(lines, mirror, target);
            mirror.verifies().stream().filter(verify -> verify.node().equals(target.node()))
                    .forEach(verify -> addVerify(lines, verify));
        }
        if (mirror.role() != Role.SOURCE) {
            lines.add("        Source: " + (mirror.sourceNode().isEmpty() ? "none in service" : mirror.sourceNode()));
        }
        lines.add("        Copy here: " + mirror.diskState() + (mirror.sizeBytes() > 0 ? ", " + Units.ofBytes(mirror.sizeBytes()) : "")
                + (mirror.generation().isEmpty() ? "" : ", generation " + mirror.generation()));
        addUndo(lines, mirror.undo());
        lines.add("        Flags: " + flags(mirror));
        addQuorum(lines, mirror.quorum());
        addJournal(lines, mirror.journal());
        addIfAny(lines, "        Export: ", mirror.exportUri());
        addIfAny(lines, "        Intent log when opened: ", mirror.recoveryMessage());
        if (!mirror.blockedRule().isEmpty()) {
            lines.add((mirror.role() == Role.BLOCKED ? "        Blocked by " : "        Why: ") + mirror.blockedRule() + ": "
                    + mirror.blockedReason());
            addIfAny(lines, "        What to do: ", mirror.cure());
        }
        if (mirror.role() == Role.SOURCE && mirror.sizeBytes() > 0 && mirror.chunkBytes() > 0) {
            lines.add(bitmapLine(mirror));
        }
        return lines;
    }

    private static void addTarget(List<String> lines, MirrorStatus mirror, TargetStatus target) {
        lines.add("[" + (target.connected() ? "+" : "-") + "] " + mirror.node() + " -> " + target.node()
                + (target.address().isEmpty() ? "" : " (" + target.address() + ")"));
        lines.add("        Status: " + target.state().words());
        if (target.state() == TargetState.RESYNCING) {
            lines.add("                " + bar(target.percentDone(), BAR_WIDTH));
        }
        if (target.state() == TargetState.RESYNCING && target.resyncTotalBytes() > 0) {
            lines.add("        Resync Speed: " + target.rateBytesPerSecond() / 1024 + "K/sec, " + target.resyncKind() + ", "
                    + Units.ofBytes(target.resyncDoneBytes()) + " of " + Units.ofBytes(target.resyncTotalBytes())
                    + (target.etaSeconds() < 0 ? "" : ", " + duration(target.etaSeconds()) + " left"));
            lines.add("        Resync Data: " + Units.ofBytes(target.resyncSentBytes()) + " sent, " + Units.ofBytes(target.zeroBytes())
                    + " as zeros, " + Units.ofBytes(target.equalBytes()) + " equal already"
                    + (target.resyncPasses() > 1 ? ", pass " + target.resyncPasses() : ""));
        }
        addIfAny(lines, "        Waits for: ", target.waitsFor());
        lines.add("        Type: " + target.type());
        addReplication(lines, target);
        if (target.dirtyChunks() > 0) {
            lines.add("        Dirty: " + target.dirtyChunks() + " chunks, " + Units.ofBytes(target.dirtyBytes()));
        }
        if (!target.connected()) {
            addIfAny(lines, "        Last error: ", target.lastError());
        }
    }

    private static void addIo(List<String> lines, IoStatus io) {
        if (io.modifications().equals("waiting") || io.modifications().equals("refused")) {
            lines.add("    !!! Writes are " + (io.modifications().equals("waiting") ? "suspended" : "refused") + ": "
                    + String.join("; ", io.reasons())
                    + (io.resumesInSeconds() < 0 ? "" : ", ends by itself in " + io.resumesInSeconds() + " s")
                    + (io.waiting() == 0 ? "" : "; " + io.waiting() + " requests wait"));
        }
    }

    private static void addLocalDisk(List<String> lines, MirrorStatus mirror) {
        IoStatus io = mirror.io();
        if (io.localDisk().equals("detached")) {
            lines.add("    !!! The local disk has failed: " + io.localLost()
                    + ". Targets in sync serve reads and writes. Replace or repair it, "
                    + "then: mirror_action " + mirror.tag() + " attach");
        } else if (io.localDisk().equals("filling")) {
            lines.add("    !!! The local disk is being filled from the targets: " + Units.ofBytes(io.filledBytes()) + " of "
                    + Units.ofBytes(mirror.sizeBytes()));
        }
    }

    private static void addQuorum(List<String> lines, QuorumStatus quorum) {
        if (quorum.kind().isEmpty()) {
            return;
        }
        StringBuilder line = new StringBuilder("        Quorum: ").append(quorum.kind());
        if (quorum.votesInAll() > 0) {
            line.append(", ").append(quorum.votesWithinReach()).append(" of ").append(quorum.votesInAll()).append(" votes within reach, ")
                    .append(quorum.votesNeeded()).append(" needed");
        }
        quorum.missing().forEach(node -> line.append("; ").append(node).append(" does not answer"));
        line.append(quorum.tieBreaker().isEmpty() ? "" : "; tie-breaker " + quorum.tieBreaker());
        line.append(quorum.agreedTo().isEmpty() ? "" : "; agreed to " + quorum.agreedTo());
        line.append(quorum.overridden() ? "; overridden by force until a majority agrees" : "");
        lines.add(line.append(quorum.lost().isEmpty() ? "" : "; LOST: " + quorum.lost()).toString());
    }

    private static void addJournal(List<String> lines, JournalReport journal) {
        if (journal.open()) {
            lines.add("        Journal: " + journal.records() + " writes kept for asynchronous targets, "
                    + Units.ofBytes(journal.diskBytes()) + " on disk, " + Units.ofBytes(journal.memoryBytes()) + " in memory"
                    + (journal.problem().isEmpty() ? "" : "; takes no records: " + journal.problem()));
        }
    }

    private static void addUndo(List<String> lines, UndoStatus undo) {
        switch (undo.state()) {
            case "KEEPING" -> lines.add("        Undo: the resync of " + VerifyText.time(undo.resyncStartedMillis()) + " can be taken back"
                    + (undo.limitBytes() == 0 ? "" : "; " + undo.chunks() + " chunks kept, " + Units.ofBytes(undo.usedBytes())
                    + " of at most " + Units.ofBytes(undo.limitBytes())));
            case "GIVEN_UP" -> lines.add("        Undo: the resync cannot be taken back: " + undo.reason());
            case "ROLLING_BACK" -> lines.add("        Undo: a roll-back has begun and not ended; give the command again");
            case "ROLLED_BACK" -> lines.add("        Undo: rolled back to the state of " + VerifyText.time(undo.stateMillis()));
            default -> { }
        }
    }

    private static void addReplication(List<String> lines, TargetStatus target) {
        ReplicationStatus replication = target.replication();
        boolean lags = replication.lagBytes() > 0;
        lines.add("        Protocol: " + replication.protocol() + ", " + replication.meaning());
        if (lags || replication.unflushedBytes() > 0) {
            String behind = lags ? Units.ofBytes(replication.lagBytes()) + " and " + replication.lagMillis() + " ms" : "nothing";
            lines.add("        Behind: " + behind + "; not flushed there: " + Units.ofBytes(replication.unflushedBytes()));
        }
        CompressionStatus compression = replication.compression();
        if (!compression.setting().equals("off")) {
            lines.add(String.format(Locale.ROOT, "        Compression: %s, %s sent as %s (%.1f to 1), %d ms of processor time",
                    compression.setting(), Units.ofBytes(compression.dataBytes()), Units.ofBytes(compression.wireBytes()),
                    compression.ratio(), compression.cpuMillis()));
        }
        if (replication.replaying()) {
            lines.add("        Replay: " + replication.replayedRecords() + " of " + replication.replayRecords()
                    + " writes that were queued when the source was killed");
        }
        if (replication.leftBehind()) {
            lines.add("        Left behind: it could not keep up; it keeps its last state and is resynced in a while");
        }
    }

    private static void addVerify(List<String> lines, VerifyStatus verify) {
        VerifyText.report(verify, LISTED_DIFFERENCES).forEach(line -> lines.add("        " + line));
        if (verify.nextMillis() > 0 && !verify.running()) {
            lines.add("        Next verify: " + VerifyText.time(verify.nextMillis()));
        }
    }

    /**
     * One line per target, for {@code --watch}.
     *
     * @param widthColumns room for the line: the bar gives way, down to a stub; 0: as long as it likes
     */
    static String watchLine(MirrorStatus mirror, TargetStatus target, int widthColumns) {
        String head = String.format(Locale.ROOT, "%s -> %-10s ", mirror.node(), target.node());
        if (target.state() != TargetState.RESYNCING) {
            return head + target.state().words() + (target.dirtyBytes() > 0 ? ", " + Units.ofBytes(target.dirtyBytes()) + " dirty" : "");
        }
        String tail = "  " + Units.ofBytes(target.rateBytesPerSecond()) + "/s  "
                + Units.ofBytes(target.resyncDoneBytes()) + " of " + Units.ofBytes(target.resyncTotalBytes())
                + (target.etaSeconds() < 0 ? "" : "  " + duration(target.etaSeconds()) + " left")
                + (target.waitsFor().isEmpty() || widthColumns > 0 && widthColumns < ROOM_FOR_REASONS ? "" : "  waits for "
                + target.waitsFor());
        int room = widthColumns - head.length() - tail.length() - "[] 100%".length();
        return head + bar(target.percentDone(), widthColumns == 0 ? BAR_WIDTH : Math.max(BAR_MIN_WIDTH, Math.min(BAR_WIDTH, room))) + tail;
    }

    /** {@code [=====>     ]  45%}; never 100 before the resync has ended. */
    static String bar(double percent, int width) {
        double bounded = Math.max(0, Math.min(100, percent));
        int filled = (int) (bounded * width / 100);
        StringBuilder bar = new StringBuilder("[");
        for (int i = 0; i < width; i++) {
            bar.append(i < filled ? '=' : i == filled ? '>' : ' ');
        }
        return bar.append("] ").append(String.format(Locale.ROOT, "%3d%%", (int) Math.floor(bounded))).toString();
    }

    static String duration(long seconds) {
        if (seconds < 60) {
            return seconds + " s";
        }
        return seconds < 3600 ? seconds / 60 + " min " + seconds % 60 + " s" : seconds / 3600 + " h " + seconds % 3600 / 60 + " min";
    }

    private static String flags(MirrorStatus mirror) {
        List<String> flags = new ArrayList<>();
        if (mirror.lastOwnerFlag()) {
            flags.add("last_owner");
        }
        if (!mirror.sourceFlag().isEmpty()) {
            flags.add("source=" + mirror.sourceFlag());
        }
        if (mirror.dataCorruptFlag()) {
            flags.add("data_corrupt");
        }
        return flags.isEmpty() ? "none" : String.join(", ", flags);
    }

    private static String bitmapLine(MirrorStatus mirror) {
        long chunks = (mirror.sizeBytes() + mirror.chunkBytes() - 1) / mirror.chunkBytes();
        long dirty = mirror.targets().stream().mapToLong(TargetStatus::dirtyChunks).max().orElse(0);
        return String.format(Locale.ROOT, "Bitmap: %d bits (chunks of %s), %d dirty (%.1f%%)", chunks, Units.ofBytes(mirror.chunkBytes()),
                dirty, chunks == 0 ? 0.0 : 100.0 * dirty / chunks);
    }

    private static void addIfAny(List<String> lines, String head, String text) {
        if (!text.isEmpty()) {
            lines.add(head + text);
        }
    }
}
