/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

import org.netraid.block.BlockRequest;
import org.netraid.mirror.LegState;
import org.netraid.mirror.LocalState;
import org.netraid.mirror.Mirror;
import org.netraid.sim.CrashMode;
import org.netraid.sim.DiskObserver;
import org.netraid.sim.SimDisk;

/**
 * G2, G3 and the register: what a read returns, and what each copy holds when an operation is acknowledged, is what the client's
 * history allows.
 *
 * <p>What a flush has promised is looked at for every sector, but only where something has changed since it was last found good: the
 * sector's stable storage, or what the history asks of it.
 */
final class CopyChecker {

    private final SourceNode source;
    private final History history;
    private final SimClient client;
    private final ProtocolMix mix;
    private final int targets;
    private final byte[] scratch = new byte[1 << 20];
    private final List<Copy> copies = new ArrayList<>();
    /** Slots that have had protocol C ever since they were in sync, so that no earlier write can still be on its way to them. */
    private int alwaysDurableMask;

    /** One disk, and the sectors whose stable storage is to be looked at when a flush has been acknowledged. */
    private static final class Copy implements DiskObserver {
        final String name;
        final SimDisk disk;
        final BitSet unchecked = new BitSet();

        Copy(String name, SimDisk disk) {
            this.name = name;
            this.disk = disk;
            disk.observe(this);
        }

        @Override
        public void durableChanged(SimDisk changed, long offset, long length) {
            unchecked.set((int) (offset / Stamp.SECTOR), (int) ((offset + length - 1) / Stamp.SECTOR) + 1);
        }
    }

    CopyChecker(SourceNode source, History history, SimClient client, ProtocolMix mix) {
        this.mix = mix;
        this.source = source;
        this.history = history;
        this.client = client;
        this.targets = source.targets().size();
        for (TargetNode target : source.targets()) {
            copies.add(new Copy(target.name, target.disk));
        }
        copies.add(new Copy("source", source.disk));
        history.watch(sector -> copies.forEach(copy -> copy.unchecked.set((int) sector)));
    }

    private Copy own() {
        return copies.get(targets);
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
        if (isLocalAttached() || !source.care.isNoted()) {
            // G5 for the source's own disk: that it misses writes is durable before the first of them is acknowledged
            checkPresent(source.disk, "source", operation);
        }
        for (int slot : copiesInSyncSince(operation)) {
            TargetNode target = source.targets().get(slot);
            checkPresent(target.disk, target.name, operation);
        }
    }

    private boolean isLocalAttached() {
        return source.mirror().localState() == LocalState.ATTACHED;
    }

    private void checkPresent(SimDisk disk, String name, SimClient.Operation operation) {
        disk.readContent(operation.offset, scratch, (int) operation.length);
        for (int index = 0; index < operation.length; index += Stamp.SECTOR) {
            long at = operation.offset + index;
            long stamp = Stamp.read(scratch, index, at);
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
        int present = operation.begunWithoutLocal && !isLocalAttached() ? ~0 : mix.presentMask();
        mask &= operation.mixVersion == mix.version() ? present : 0;
        List<Integer> slots = new ArrayList<>();
        for (int slot = 0; slot < targets; slot++) {
            if ((mask >> slot & 1) != 0 && !source.targets().get(slot).crashedUnnoticed) {
                slots.add(slot);
            }
        }
        return slots;
    }

    private void checkDurable(SimClient.Operation operation, boolean everything) {
        if (isLocalAttached()) {
            checkDurable(own(), operation, everything);
        }
        for (int slot : copiesInSyncSince(operation)) {
            if ((alwaysDurableMask & mix.durableMask() & 1 << slot) == 0) {
                continue;
            }
            checkDurable(copies.get(slot), operation, everything);
        }
    }

    private void checkDurable(Copy copy, SimClient.Operation operation, boolean everything) {
        if (everything) {
            for (int sector = copy.unchecked.nextSetBit(0); sector >= 0; sector = copy.unchecked.nextSetBit(sector + 1)) {
                checkDurableSector(copy, operation, sector);
            }
            copy.unchecked.clear();
        } else {
            for (long at = operation.offset; at < operation.offset + operation.length; at += Stamp.SECTOR) {
                checkDurableSector(copy, operation, at / Stamp.SECTOR);
            }
        }
    }

    private void checkDurableSector(Copy copy, SimClient.Operation after, long sector) {
        long stamp = Stamp.durable(copy.disk, sector, scratch);
        if (!history.mayBeDurable(sector, stamp)) {
            throw new SimViolation("G2", "after " + after + " stable storage of " + copy.name + " has stamp " + stamp + " in sector "
                    + sector + "; possible are " + history.versions(sector));
        }
    }

    /** The source has crashed and its disk has decided: nothing that was promised is gone. */
    void sourceCrashed(CrashMode mode) {
        BitSet touched = history.touchedSectors();
        for (int sector = touched.nextSetBit(0); sector >= 0; sector = touched.nextSetBit(sector + 1)) {
            long stamp = Stamp.shown(source.disk, sector, scratch);
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
