/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.IntentLogLayout;
import org.netraid.intentlog.SlotState;
import org.netraid.intentlog.format.Superblock;
import org.netraid.intentlog.format.SuperblockCodec;
import org.netraid.mirror.LocalState;
import org.netraid.mirror.Mirror;
import org.netraid.sim.DiskObserver;
import org.netraid.sim.SimDisk;

/**
 * G5: from the moment on at which a write is acknowledged that a target has missed, the log says durably that it is stale, and the
 * target does not pass for whole: it is marked inconsistent, or is of another generation than the source.
 *
 * <p>What is durable is read from the stable storage of the log's disk as a power cut at this moment would leave it. The generations are
 * compared after every event, as long as the target lacks something.
 */
final class MissedChecker implements DiskObserver {

    private final SourceNode source;
    private final SimSettings settings;
    private final List<TargetNode> targets;
    /** Chunks of acknowledged writes that the target has missed and not caught up with. */
    private final BitSet[] missed;
    private int missingMask;
    private final byte[] block = new byte[IntentLogLayout.BLOCK_BYTES];
    /** What stable storage says of the slots; null if it may have changed since it was read. */
    private List<Superblock.Slot> durableSlots;
    private long writesMissed;

    MissedChecker(SourceNode source, SimSettings settings) {
        this.source = source;
        this.settings = settings;
        this.targets = source.targets();
        this.missed = new BitSet[targets.size()];
        for (int slot = 0; slot < missed.length; slot++) {
            missed[slot] = new BitSet();
        }
        source.logDisk.observe(this);
    }

    @Override
    public void durableChanged(SimDisk disk, long offset, long length) {
        if (offset < IntentLogLayout.superblockOffset(1) + IntentLogLayout.BLOCK_BYTES) {
            durableSlots = null;
        }
    }

    /** Acknowledged writes that some target had missed. */
    long writesMissed() {
        return writesMissed;
    }

    void acknowledged(SimClient.Operation operation, Mirror mirror) {
        if (!operation.command.modifies() || operation.error.isError() || mirror.localState() != LocalState.ATTACHED) {
            return;
        }
        boolean anybody = false;
        for (TargetNode target : targets) {
            if (!mirror.legState(target.slot).replicates()) {
                anybody |= note(target, operation);
                checkStale(target);
            }
        }
        writesMissed += anybody ? 1 : 0;
        check();
    }

    /** @return true if the target lacks something of it */
    private boolean note(TargetNode target, SimClient.Operation operation) {
        boolean any = false;
        long end = operation.offset + operation.length;
        for (long at = operation.offset; at < end; ) {
            int chunk = (int) (at / settings.chunkBytes());
            long to = Math.min(end, (chunk + 1L) * settings.chunkBytes());
            if (!source.disk.equalContent(target.disk, at, to - at)) {
                missed[target.slot].set(chunk);
                missingMask |= 1 << target.slot;
                any = true;
            }
            at = to;
        }
        return any;
    }

    private void checkStale(TargetNode target) {
        if (missed[target.slot].isEmpty()) {
            return;
        }
        checkStale(source.log(), target, "in memory");
        if (!source.logPolicy.isNoted() && durableState(target) == SlotState.TRACKING) {
            throw new SimViolation("G5", target.name + " has missed acknowledged writes in chunks " + missed[target.slot]
                    + " and is not stale on stable storage");
        }
    }

    private SlotState durableState(TargetNode target) {
        if (durableSlots == null) {
            Superblock best = null;
            for (int copy = 0; copy < 2; copy++) {
                source.logDisk.readDurable(IntentLogLayout.superblockOffset(copy), block, block.length);
                ByteBuffer bytes = ByteBuffer.wrap(block);
                if (SuperblockCodec.problem(bytes) == null) {
                    Superblock read = SuperblockCodec.decode(bytes);
                    best = best == null || read.sequence() > best.sequence() ? read : best;
                }
            }
            durableSlots = best == null ? List.of() : best.slots();
        }
        return durableSlots.isEmpty() ? SlotState.FULL_RESYNC : durableSlots.get(target.slot).state();
    }

    /** After every event. */
    void check() {
        for (int rest = missingMask; rest != 0; rest &= rest - 1) {
            TargetNode target = targets.get(Integer.numberOfTrailingZeros(rest));
            if (source.generations.passesForWhole(target)) {
                throw new SimViolation("G5", target.name + " has missed acknowledged writes in chunks " + missed[target.slot]
                        + " and passes for whole, in generation " + target.generation);
            }
        }
    }

    /** In a log that was opened after a crash, or in a copy of it. */
    void checkStale(IntentLog log, TargetNode target, String where) {
        if (!missed[target.slot].isEmpty() && log.slotState(target.slot) == SlotState.TRACKING) {
            throw new SimViolation("G5", target.name + " has missed acknowledged writes in chunks " + missed[target.slot]
                    + " and is not stale " + where);
        }
    }

    /** The chunk is the same on both copies. */
    void caughtUp(TargetNode target, int chunk) {
        missed[target.slot].clear(chunk);
        if (missed[target.slot].isEmpty()) {
            missingMask &= ~(1 << target.slot);
        }
    }
}
