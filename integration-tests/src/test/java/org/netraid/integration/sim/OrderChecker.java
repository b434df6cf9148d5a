/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

import org.netraid.sim.DiskObserver;
import org.netraid.sim.SimDisk;

/**
 * G3: at any instant a target that is not being resynced holds a state that the source could have crashed in. If it shows a write Y,
 * then it shows every write that was acknowledged before Y was submitted, or something newer there.
 *
 * <p>For each sector of a target that shows something outdated, the checker keeps the moment at which it was outdated: the earliest
 * acknowledgement of a write that must have replaced it. No write submitted after that moment may show.
 */
final class OrderChecker implements DiskObserver {

    private static final int VERSIONS_KEPT = 12;

    /** For each sector the writes that may show there; null if it was never written. */
    private final List<List<ClientWrite>> versions = new ArrayList<>();
    private final byte[] scratch = new byte[Stamp.SECTOR];
    private final Copy[] copies;
    private boolean suspended;

    /** What one target shows. */
    private static final class Copy {
        final TargetNode target;
        boolean checked;
        /** Submission of the newest write that shows. */
        long newest;
        /** What {@link #newest} was when all outdated sectors were compared with it; {@link #earliest} has what came to them since. */
        long required;
        long earliest = Long.MAX_VALUE;
        /** When outdated sectors were outdated. */
        final TreeMap<Long, Long> outdated = new TreeMap<>();
        final TreeMap<Long, Long> changed = new TreeMap<>();

        Copy(TargetNode target) {
            this.target = target;
        }
    }

    OrderChecker(List<TargetNode> targets, long deviceBytes) {
        for (long at = 0; at < deviceBytes; at += Stamp.SECTOR) {
            versions.add(null);
        }
        this.copies = new Copy[targets.size()];
        for (TargetNode target : targets) {
            copies[target.slot] = new Copy(target);
            target.disk.observe(this);
        }
    }

    /** A write is submitted. */
    void begun(SimClient.Operation operation) {
        for (int sector = operation.write.firstSector; sector < operation.write.endSector; sector++) {
            if (versions.get(sector) == null) {
                versions.set(sector, new ArrayList<>());
            }
            versions.get(sector).add(operation.write);
        }
    }

    /** A write is acknowledged. */
    void ended(SimClient.Operation operation) {
        if (operation.write == null || !operation.write.definite) {
            return;
        }
        for (int sector = operation.write.firstSector; sector < operation.write.endSector; sector++) {
            prune(sector);
            for (Copy copy : copies) {
                if (copy.checked) {
                    look(copy, sector);
                }
            }
        }
    }

    /**
     * Power has failed at the source: what its disk shows now is what was there from the beginning, and no target is believed before it
     * is in sync again.
     */
    void sourceLostPower(SimDisk source) {
        for (Copy copy : copies) {
            copy.checked = false;
        }
        for (int sector = 0; sector < versions.size(); sector++) {
            List<ClientWrite> all = versions.get(sector);
            if (all != null) {
                ClientWrite settled = new ClientWrite(Stamp.shown(source, sector, scratch), 0, sector, sector + 1);
                settled.ended = 0;
                all.clear();
                all.add(settled);
            }
        }
    }

    /** While disks lie, what a copy shows says nothing of the order of writes. After it a copy is believed once it is in sync. */
    void suspend(boolean on) {
        suspended = on;
        for (Copy copy : copies) {
            copy.checked = false;
        }
    }

    /** The target has everything: from now on it is watched. */
    void inSync(int slot) {
        if (suspended) {
            return;
        }
        Copy copy = copies[slot];
        copy.checked = true;
        copy.newest = 0;
        copy.required = 0;
        copy.earliest = Long.MAX_VALUE;
        copy.outdated.clear();
        copy.changed.clear();
        for (int sector = 0; sector < versions.size(); sector++) {
            look(copy, sector);
        }
        require(copy);
    }

    @Override
    public void contentChanged(SimDisk disk, long offset, long length) {
        for (Copy copy : copies) {
            if (copy.target.disk == disk && copy.checked) {
                copy.changed.merge(offset / Stamp.SECTOR, (offset + length - 1) / Stamp.SECTOR, Math::max);
            }
        }
    }

    /** After every event. */
    void check() {
        for (Copy copy : copies) {
            if (copy.target.inconsistent || copy.target.crashedUnnoticed || !copy.target.isUp()) {
                copy.checked = false;
            }
            if (!copy.checked) {
                copy.changed.clear();
            }
            if (!copy.changed.isEmpty()) {
                copy.changed.forEach((from, to) -> {
                    for (long sector = from; sector <= to; sector++) {
                        look(copy, (int) sector);
                    }
                });
                copy.changed.clear();
                require(copy);
            }
        }
    }

    private void require(Copy copy) {
        if (copy.newest == copy.required && copy.earliest >= copy.newest) {
            return;
        }
        copy.required = copy.newest;
        copy.earliest = Long.MAX_VALUE;
        copy.outdated.forEach((sector, when) -> {
            if (when < copy.newest) {
                throw new SimViolation("G3", copy.target.name + " shows a write submitted at " + copy.newest + ", but its sector " + sector
                        + " lacks one that was acknowledged at " + when + "; it shows stamp " + stamp(copy, sector) + " of "
                        + versions.get(sector.intValue()));
            }
        });
    }

    private long stamp(Copy copy, long sector) {
        return Stamp.shown(copy.target.disk, sector, scratch);
    }

    /** Notes what the sector shows, and when that was outdated. */
    private void look(Copy copy, int sector) {
        List<ClientWrite> all = versions.get(sector);
        if (all == null) {
            return;
        }
        long stamp = stamp(copy, sector);
        long outdatedAt = -1;
        for (ClientWrite write : all) {
            if (write.stamp == stamp) {
                outdatedAt = Math.max(outdatedAt, outdatedAt(all, write.ended));
                copy.newest = stamp == 0 ? copy.newest : Math.max(copy.newest, write.invoked);
            }
        }
        if (stamp == 0 && outdatedAt < 0) {
            // the state before the first write
            outdatedAt = Math.max(outdatedAt, outdatedAt(all, 0));
        }
        if (outdatedAt < 0 || outdatedAt == Long.MAX_VALUE) {
            copy.outdated.remove((long) sector);
        } else {
            copy.outdated.put((long) sector, outdatedAt);
            copy.earliest = Math.min(copy.earliest, outdatedAt);
        }
    }

    /** The earliest acknowledgement of a write that was submitted after this tick; none: the greatest number. */
    private static long outdatedAt(List<ClientWrite> all, long ended) {
        long when = Long.MAX_VALUE;
        for (ClientWrite later : all) {
            if (later.invoked > ended && later.definite) {
                when = Math.min(when, later.ended);
            }
        }
        return when;
    }

    private void prune(int sector) {
        List<ClientWrite> all = versions.get(sector);
        if (all.size() < VERSIONS_KEPT) {
            return;
        }
        List<Long> shown = new ArrayList<>();
        for (Copy copy : copies) {
            shown.add(stamp(copy, sector));
        }
        List<ClientWrite> before = List.copyOf(all);
        all.removeIf(write -> write.stamp != 0 && !shown.contains(write.stamp) && write.ended != ClientWrite.RUNNING
                && outdatedAt(before, write.ended) != Long.MAX_VALUE);
    }
}
