/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.Optional;
import java.util.function.BiConsumer;
import org.netraid.block.BlockDevice;
import org.netraid.replicator.config.UndoSettings;
import org.netraid.replicator.control.UndoStatus;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.UndoState;
import org.netraid.store.StateFolderException;
import org.netraid.undo.UndoDevice;
import org.netraid.undo.UndoJournal;

/**
 * The undo journal of this node's copy: begun before the copy is marked inconsistent, dropped when it is whole again.
 *
 * <p>Steps of a beginning, each durable before the next: flushed disk (what is not kept must stay what it is), empty journal,
 * {@code <tag>_undo} with the record to go back to, then the caller marks the copy inconsistent. So a copy that is inconsistent either has
 * a state that belongs to it or none; a state beside a whole copy means nothing and is dropped.
 *
 * <p>A journal that cannot be kept never stops a resync: there is no way back then, and the status says why.
 */
final class TargetUndo implements UndoDevice.Owner {

    private final VolumeAgent agent;
    private final UndoSettings settings;
    private final String path;
    private final UndoFiles files;
    private UndoState state;
    private UndoDevice device;
    private BlockDevice journalDevice;
    private long limitBytes;
    /** Grows whenever the disk or the source changes: what was begun before is of no interest any more. */
    private int epoch;

    TargetUndo(VolumeAgent agent, UndoSettings settings, String path) {
        this.agent = agent;
        this.settings = settings;
        this.path = path;
        this.files = new UndoFiles(agent.context().env.folder(), agent.tag());
        this.state = files.readState().orElse(null);
    }

    /** At boot: a state beside a whole copy is left over from a crash, unless it tells of a roll-back. */
    void boot() {
        if (state == null || agent.record().diskState() == DiskState.INCONSISTENT) {
            return;
        }
        if (state.phase() == UndoState.Phase.ROLLING_BACK && agent.record().diskState() == DiskState.OUTDATED) {
            write(state.with(UndoState.Phase.ROLLED_BACK, ""));
        }
        if (state.phase() != UndoState.Phase.ROLLED_BACK) {
            forget();
        }
        agent.context().env.disks().removeUndoJournal(agent.tag(), path);
    }

    // ---- the disk

    /** The disk as it is served to sources. */
    BlockDevice wrap(BlockDevice disk) {
        device = new UndoDevice(disk, agent.context().loop(), this);
        return device;
    }

    /** The journal is put aside as it is, and so is the wrapped disk: it is closed, or used in another way. */
    void detach(Runnable done) {
        epoch++;
        UndoDevice left = device;
        device = null;
        if (left == null) {
            closeJournal(done);
        } else {
            left.stopKeeping(() -> closeJournal(done));
        }
    }

    /** Closes the journal's device, if it is open. */
    void putJournalAside(Runnable done) {
        closeJournal(done);
    }

    private void closeJournal(Runnable done) {
        BlockDevice open = journalDevice;
        journalDevice = null;
        if (open == null) {
            done.run();
        } else {
            open.close(done);
        }
    }

    // ---- a resync begins

    /**
     * Keeps old content from now on, if that is possible.
     *
     * @param before the record to go back to, if the copy is whole now
     * @param dirtyBytes what the resync will overwrite at least
     * @param goOn runs when the copy may be marked inconsistent
     */
    void begin(String source, MirrorRecord before, long dirtyBytes, Runnable goOn) {
        if (agent.record().diskState() == DiskState.INCONSISTENT) {
            resume(goOn);
            return;
        }
        int mine = ++epoch;
        if (device == null || !before.created() || before.diskState() == DiskState.FAILED) {
            forget();
            goOn.run();
            return;
        }
        state = new UndoState(UndoState.Phase.GIVEN_UP, agent.context().newId(), source, agent.nowMillis(), files.readFollowedMillis(),
                before.sizeBytes(), before.chunkBytes(), before.with().diskState(DiskState.OUTDATED).resyncSource("").build(), "");
        if (settings.mode() == UndoSettings.Mode.OFF || state.mirrorBytes() <= 0 || state.chunkBytes() <= 0) {
            giveUp("it is switched off in the configuration", goOn);
            return;
        }
        device.stopKeeping(() -> closeJournal(() -> ifStill(mine, goOn, () -> device.flushDisk(error -> ifStill(mine, goOn, () -> {
            if (!error.isEmpty()) {
                giveUp(error, goOn);
            } else {
                openNew(mine, dirtyBytes, goOn);
            }
        })))));
    }

    private void ifStill(int mine, Runnable otherwise, Runnable then) {
        (mine == epoch && device != null ? then : otherwise).run();
    }

    private void openNew(int mine, long dirtyBytes, Runnable goOn) {
        DiskOpener.UndoSpace space = new DiskOpener.UndoSpace(Math.min(settings.maxBytes(), journalBytes(state.mirrorBytes())),
                Math.min(journalBytes(dirtyBytes), journalBytes(state.mirrorBytes())), settings.mode() == UndoSettings.Mode.AUTO);
        agent.context().env.disks().openUndoJournal(agent.tag(), path, space, opened -> {
            if (mine != epoch || device == null) {
                opened.close(goOn);
                return;
            }
            journalDevice = opened;
            UndoJournal.create(opened, state.journalId(), state.chunkBytes(), state.mirrorBytes(), (journal, error) -> ifStill(mine, goOn,
                    () -> {
                        if (journal == null) {
                            giveUp(error, goOn);
                        } else if (write(state.with(UndoState.Phase.KEEPING, ""))) {
                            device.keep(journal);
                            limitBytes = journal.limitBytes();
                            agent.event("what the resync overwrites is kept, up to " + limitBytes + " bytes: it can be taken back");
                            goOn.run();
                        } else {
                            giveUp("the state folder cannot be written", goOn);
                        }
                    }));
        }, error -> ifStill(mine, goOn, () -> giveUp(error, goOn)));
    }

    /** Room for so much old content: a header for each 4 MiB, and some more for the last batches. */
    private static long journalBytes(long contentBytes) {
        return contentBytes + contentBytes / 64 + (1 << 20);
    }

    /** An interrupted resync goes on: the journal still holds what was there before it began. */
    private void resume(Runnable goOn) {
        boolean hasJournal = state != null && (state.phase() == UndoState.Phase.KEEPING || state.phase() == UndoState.Phase.ROLLING_BACK);
        if (!hasJournal || device == null || device.isKeeping()) {
            goOn.run();
            return;
        }
        int mine = ++epoch;
        openExisting((journal, error) -> ifStill(mine, goOn, () -> {
            if (journal == null) {
                giveUp(error, goOn);
            } else {
                device.keep(journal);
                limitBytes = journal.limitBytes();
                goOn.run();
            }
        }));
    }

    /** Opens the journal of the state, for the wrapped disk. */
    void openExisting(BiConsumer<UndoJournal, String> opened) {
        agent.context().env.disks().openUndoJournal(agent.tag(), path, null, found -> {
            journalDevice = found;
            UndoJournal.open(found, device.disk(), state.journalId(), state.chunkBytes(), state.mirrorBytes(), opened);
        }, error -> opened.accept(null, error));
    }

    @Override
    public void onGivenUp(String reason, Runnable goOn) {
        giveUp(reason, goOn);
    }

    /** There is no way back. Overwrites go on only when that is durable. */
    private void giveUp(String reason, Runnable goOn) {
        if (!write(state.with(UndoState.Phase.GIVEN_UP, reason))) {
            agent.event("that old content is not kept any more could not be recorded: the resync waits");
            return;
        }
        if (settings.mode() != UndoSettings.Mode.OFF) {
            agent.event("what the resync overwrites is not kept (" + reason + "): it cannot be taken back");
        }
        if (device != null) {
            device.stopKeeping(() -> { });
        }
        closeJournal(() -> agent.context().env.disks().removeUndoJournal(agent.tag(), path));
        goOn.run();
    }

    // ---- a resync ends

    /** The copy is whole, or in service: nothing is to be taken back any more. */
    void drop() {
        epoch++;
        boolean had = state != null;
        forget();
        Runnable remove = () -> {
            if (had) {
                agent.context().env.disks().removeUndoJournal(agent.tag(), path);
            }
        };
        if (device == null) {
            closeJournal(remove);
        } else {
            device.stopKeeping(() -> closeJournal(remove));
        }
    }

    /** The copy has everything: what an earlier roll-back has made older is in it again. */
    void inSync() {
        drop();
        try {
            files.deleteUndone();
            files.deleteFollowed();
        } catch (StateFolderException e) {
            agent.event(e.getMessage());
        }
    }

    private void forget() {
        state = null;
        try {
            files.deleteState();
        } catch (StateFolderException e) {
            agent.event(e.getMessage());
        }
    }

    /** The source's connection is gone. */
    void noteUnfollowed() {
        if (agent.record().diskState() == DiskState.UP_TO_DATE) {
            try {
                files.writeFollowed(agent.nowMillis());
            } catch (StateFolderException e) {
                agent.event(e.getMessage());
            }
        }
    }

    // ---- for the roll-back and for others

    UndoFiles files() {
        return files;
    }

    UndoDevice device() {
        return device;
    }

    String path() {
        return path;
    }

    Optional<UndoState> state() {
        return Optional.ofNullable(state);
    }

    /** @return false if it could not be made durable; the operator has been told */
    boolean write(UndoState next) {
        try {
            files.writeState(next);
            state = next;
            return true;
        } catch (StateFolderException e) {
            agent.event(e.getMessage());
            return false;
        }
    }

    /** True if an interrupted resync can be taken back. */
    boolean canRollBack() {
        return state != null && agent.record().diskState() == DiskState.INCONSISTENT
                && (state.phase() == UndoState.Phase.KEEPING || state.phase() == UndoState.Phase.ROLLING_BACK);
    }

    UndoStatus status() {
        if (state == null) {
            return UndoStatus.NONE;
        }
        UndoJournal journal = device == null ? null : device.journal();
        return new UndoStatus(state.phase().name(), state.source(), state.startedMillis(), state.stateMillis(),
                journal == null ? 0 : journal.chunkCount(), journal == null ? 0 : journal.usedBytes(), journal == null ? 0 : limitBytes,
                state.reason());
    }
}
