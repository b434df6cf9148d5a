/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.state;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.netraid.replicator.metadata.MirrorRecordCodec;
import org.netraid.store.StateFolder;

/**
 * Keeps one mirror's record and its three flag files true, durably.
 *
 * <p>The record is what counts. It is kept twice: a change goes to one copy, then to the flag files, which are what scripts read, then to
 * the other copy. A crash in between leaves one copy as before, whose flags are known, and opening finishes the change. At rest both are
 * equal: a copy that has rotted is replaced by its twin, never by an older state that might call an inconsistent disk whole. Flags that
 * fit neither copy were changed by somebody else: a contradiction, which blocks the mirror until an operator decides.
 */
public final class MirrorStateStore {

    private final StateFolder folder;
    private final String tag;
    private MirrorRecord record = MirrorRecord.NEW;
    private long sequence;
    private String contradiction = "";
    /** Both copies and the flags say the same as {@link #record}. */
    private boolean settled;

    /**
     * Reads what is there.
     *
     * @throws org.netraid.store.StateFolderException if the folder cannot be read or repaired
     */
    public MirrorStateStore(StateFolder folder, String tag) {
        this.folder = folder;
        this.tag = tag;
        open();
    }

    public MirrorRecord record() {
        return record;
    }

    /** Why the files cannot be believed, in one sentence with the cure; "" if they can. */
    public String contradiction() {
        return contradiction;
    }

    /** Makes the record durable, then the flags. Nothing is written if nothing changes. */
    public void write(MirrorRecord next) {
        if (next.equals(record) && contradiction.isEmpty() && settled) {
            return;
        }
        settled = false;
        folder.write(stateFile((sequence + 1) & 1), MirrorRecordCodec.encode(sequence + 1, next));
        sequence++;
        record = next;
        settle();
        contradiction = "";
    }

    /** Brings the flags and the other copy in line with the newest copy. */
    private void settle() {
        writeFlags(record);
        folder.write(stateFile((sequence + 1) & 1), MirrorRecordCodec.encode(sequence, record));
        settled = true;
    }

    /** A flag file's name. */
    public static String flagFile(String tag, String flag) {
        return tag + "_" + flag;
    }

    private String stateFile(long copy) {
        return tag + "_state." + copy;
    }

    private void open() {
        Optional<byte[]> file0 = folder.read(stateFile(0));
        Optional<byte[]> file1 = folder.read(stateFile(1));
        Optional<MirrorRecordCodec.Copy> copy0 = file0.flatMap(MirrorRecordCodec::decode);
        Optional<MirrorRecordCodec.Copy> copy1 = file1.flatMap(MirrorRecordCodec::decode);
        MirrorRecord before = MirrorRecord.NEW;
        if (copy0.isPresent() || copy1.isPresent()) {
            boolean firstIsNewer = copy1.isEmpty() || copy0.isPresent() && copy0.get().sequence() > copy1.get().sequence();
            MirrorRecordCodec.Copy newer = firstIsNewer ? copy0.get() : copy1.get();
            before = (firstIsNewer ? copy1 : copy0).map(MirrorRecordCodec.Copy::record).orElse(MirrorRecord.NEW);
            record = newer.record();
            sequence = newer.sequence();
        } else if (file0.isPresent() || file1.isPresent()) {
            contradiction = "both copies of " + folder.name() + "/" + tag + "_state are damaged; nothing is known of this copy any more; "
                    + "remove the mirror's files there to let it join as a new target, or restore them from a backup";
            return;
        }
        if (flagsFit(record) || flagsFit(before) || partlyWritten(before)) {
            finishChange(copy0, copy1);
            return;
        }
        contradiction = "the flag files in " + folder.name() + " (" + flagsText() + ") contradict the recorded state ("
                + expectedText(record)
                + "); somebody changed them by hand; set them as recorded, or decide with: mirror_action " + tag + " force";
    }

    /** Completes what a crash has cut short, and replaces a copy that has rotted. */
    private void finishChange(Optional<MirrorRecordCodec.Copy> copy0, Optional<MirrorRecordCodec.Copy> copy1) {
        writeFlags(record);
        if (sequence > 0) {
            for (int copy = 0; copy < 2; copy++) {
                Optional<MirrorRecordCodec.Copy> found = copy == 0 ? copy0 : copy1;
                if (found.isEmpty() || found.get().sequence() != sequence) {
                    folder.write(stateFile(copy), MirrorRecordCodec.encode(sequence, record));
                }
            }
        }
        settled = true;
    }

    /** Each flag has either its old or its new value: a crash while they were being written. */
    private boolean partlyWritten(MirrorRecord before) {
        boolean owner = has("last_owner");
        boolean corrupt = has("data_corrupt");
        String source = readSource();
        return (owner == before.lastOwner() || owner == record.lastOwner())
                && (corrupt == before.dataCorrupt() || corrupt == record.dataCorrupt())
                && (source.equals(before.sourceName()) || source.equals(record.sourceName()));
    }

    private boolean flagsFit(MirrorRecord expected) {
        return has("last_owner") == expected.lastOwner() && has("data_corrupt") == expected.dataCorrupt()
                && readSource().equals(expected.sourceName());
    }

    private void writeFlags(MirrorRecord next) {
        // data_corrupt first when it is set: a script that looks in between must not see an owner that may start
        if (next.dataCorrupt()) {
            setFlag("data_corrupt", true);
        }
        setFlag("last_owner", next.lastOwner());
        if (!readSource().equals(next.sourceName())) {
            if (next.sourceName().isEmpty()) {
                folder.delete(flagFile(tag, "source"));
            } else {
                folder.write(flagFile(tag, "source"), (next.sourceName() + "\n").getBytes(StandardCharsets.UTF_8));
            }
        }
        if (!next.dataCorrupt()) {
            setFlag("data_corrupt", false);
        }
    }

    private void setFlag(String flag, boolean on) {
        if (on == has(flag)) {
            return;
        }
        if (on) {
            folder.write(flagFile(tag, flag), new byte[0]);
        } else {
            folder.delete(flagFile(tag, flag));
        }
    }

    private boolean has(String flag) {
        return folder.read(flagFile(tag, flag)).isPresent();
    }

    private String readSource() {
        return folder.read(flagFile(tag, "source")).map(bytes -> new String(bytes, StandardCharsets.UTF_8).trim()).orElse("");
    }

    private String flagsText() {
        return flags(has("last_owner"), readSource(), has("data_corrupt"));
    }

    private static String expectedText(MirrorRecord expected) {
        return flags(expected.lastOwner(), expected.sourceName(), expected.dataCorrupt());
    }

    private static String flags(boolean owner, String source, boolean corrupt) {
        return "last_owner " + (owner ? "set" : "not set") + ", source " + (source.isEmpty() ? "not set" : source)
                + ", data_corrupt " + (corrupt ? "set" : "not set");
    }
}
