/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import java.util.ArrayList;
import java.util.List;

import org.netraid.block.BlockRequest;
import org.netraid.mirror.LegState;
import org.netraid.mirror.Mirror;
import org.netraid.sim.CrashMode;
import org.netraid.sim.SimDisk;

/**
 * G2, G3 and the register: what a read returns, and what each copy holds when an operation is acknowledged, is what the client's
 * history allows.
 */
final class CopyChecker {

    private final SourceNode source;
    private final History history;
    private final SimClient client;
    private final ProtocolMix mix;
    private final int targets;
    /** Slots that have had protocol C ever since they were in sync, so that no earlier write can still be on its way to them. */
    private int alwaysDurableMask;

    CopyChecker(SourceNode source, History history, SimClient client, ProtocolMix mix) {
        this.mix = mix;
        this.source = source;
        this.history = history;
        this.client = client;
        this.targets = source.targets().size();
    }

    static int inSyncMask(Mirror mirror, int targets) {
        int mask = 0;
        for (int slot = 0; slot < targets; slot++) {
            if (mirror.legState(slot) == LegState.IN_SYNC) {
                mask |= 1 << slot;
            }
        }
        return mask;
    }

    void legInSync(int slot) {
        alwaysDurableMask = mix.durableMask() & 1 << slot | alwaysDurableMask & ~(1 << slot);
    }

    void protocolChanged(int slot) {
        alwaysDurableMask &= ~(1 << slot);
    }

    /** An operation has been acknowledged or refused. */
    void ended(SimClient.Operation operation) {
        if (operation.error.isError()) {
            return;
        }
        switch (operation.command) {
            case READ -> checkRead(operation);
            case FLUSH -> checkDurable(operation, true);
            default -> {
                checkPresent(operation);
                if ((operation.flags & BlockRequest.FUA) != 0) {
                    checkDurable(operation, false);
                }
            }
        }
    }

    private void checkRead(SimClient.Operation read) {
        for (int index = 0; index < read.data.length; index += Stamp.SECTOR) {
            long sector = (read.offset + index) / Stamp.SECTOR;
            long stamp = Stamp.read(read.data, index, read.offset + index);
            if (!history.mayRead(sector, stamp, read.invoked)) {
                throw new SimViolation("I1", read + " returned stamp " + stamp + " for sector " + sector + "; possible are "
                        + history.versions(sector));
            }
        }
    }

    private void checkPresent(SimClient.Operation operation) {
        checkPresent(source.disk, "source", operation);
        for (int slot : copiesInSyncSince(operation)) {
            TargetNode target = source.targets().get(slot);
            checkPresent(target.disk, target.name, operation);
        }
    }

    private void checkPresent(SimDisk disk, String name, SimClient.Operation operation) {
        byte[] content = disk.content(operation.offset, (int) operation.length);
        for (int index = 0; index < content.length; index += Stamp.SECTOR) {
            long at = operation.offset + index;
            long stamp = Stamp.read(content, index, at);
            // something newer may be half written there; only a quiet sector must be exact
            if (!history.mayRead(at / Stamp.SECTOR, stamp, history.tick()) && !client.isModifying(at, Stamp.SECTOR)) {
                throw new SimViolation("G2", operation + " is acknowledged, but sector " + at / Stamp.SECTOR + " of " + name
                        + " has stamp " + stamp + "; possible are " + history.versions(at / Stamp.SECTOR));
            }
        }
    }

    /** Copies that were in sync from submit to completion and have not silently died meanwhile. */
    private List<Integer> copiesInSyncSince(SimClient.Operation operation) {
        int mask = operation.inSyncMask & inSyncMask(source.mirror(), targets);
        // A target may have had another protocol at the moment that counted.
        mask &= operation.mixVersion == mix.version() ? mix.presentMask() : 0;
        List<Integer> slots = new ArrayList<>();
        for (int slot = 0; slot < targets; slot++) {
            if ((mask >> slot & 1) != 0 && !source.targets().get(slot).crashedUnnoticed) {
                slots.add(slot);
            }
        }
        return slots;
    }

    private void checkDurable(SimClient.Operation operation, boolean everything) {
        checkDurable(source.disk, "source", operation, everything);
        for (int slot : copiesInSyncSince(operation)) {
            if ((alwaysDurableMask & mix.durableMask() & 1 << slot) == 0) {
                continue;
            }
            TargetNode target = source.targets().get(slot);
            checkDurable(target.disk, target.name, operation, everything);
        }
    }

    private void checkDurable(SimDisk disk, String name, SimClient.Operation operation, boolean everything) {
        if (everything) {
            for (long sector : history.touchedSectors()) {
                checkDurableSector(disk, name, operation, sector);
            }
        } else {
            for (long at = operation.offset; at < operation.offset + operation.length; at += Stamp.SECTOR) {
                checkDurableSector(disk, name, operation, at / Stamp.SECTOR);
            }
        }
    }

    private void checkDurableSector(SimDisk disk, String name, SimClient.Operation after, long sector) {
        byte[] content = disk.durableContent(sector * Stamp.SECTOR, Stamp.SECTOR);
        long stamp = Stamp.read(content, 0, sector * Stamp.SECTOR);
        if (!history.mayBeDurable(sector, stamp)) {
            throw new SimViolation("G2", "after " + after + " stable storage of " + name + " has stamp " + stamp + " in sector "
                    + sector + "; possible are " + history.versions(sector));
        }
    }

    /** The source has crashed and its disk has decided: nothing that was promised is gone. */
    void sourceCrashed(CrashMode mode) {
        for (long sector : history.touchedSectors()) {
            long at = sector * Stamp.SECTOR;
            long stamp = Stamp.read(source.disk.content(at, Stamp.SECTOR), 0, at);
            boolean allowed = mode == CrashMode.PROCESS_KILL ? history.mayRead(sector, stamp, Long.MAX_VALUE)
                    : history.mayBeDurable(sector, stamp);
            if (!allowed) {
                throw new SimViolation("I2", "after " + mode + " of the source its disk has stamp " + stamp + " in sector " + sector
                        + "; possible are " + history.versions(sector));
            }
            if (mode != CrashMode.PROCESS_KILL) {
                history.settle(sector, stamp);
            }
        }
        if (mode != CrashMode.PROCESS_KILL) {
            history.settledAll();
        }
    }

    /** Nothing runs and everything is flushed: all copies are equal, to the last byte, durably. */
    void checkAllEqual(long deviceBytes) {
        for (TargetNode target : source.targets()) {
            if (!source.disk.equalContent(target.disk, 0, deviceBytes) || !source.disk.equalDurable(target.disk, 0, deviceBytes)) {
                throw new SimViolation("G8", "everything is in sync and flushed, but " + target.name + " differs from the source");
            }
        }
    }
}
