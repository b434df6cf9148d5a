/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.TreeSet;

/**
 * What the client has asked for and been told, per 512-byte sector: which writes a sector may be from at a moment. An interval
 * register: a write is out of the question once another one, begun after it ended, has been acknowledged.
 */
final class History {

    /** Told that a sector's stable storage must be newer than before. */
    interface Watcher {
        void mustBeDurable(long sector);
    }

    private final List<List<ClientWrite>> sectors = new ArrayList<>();
    private final BitSet touched = new BitSet();
    private final List<ClientWrite> notDurable = new ArrayList<>();
    private final List<ClientWrite> running = new ArrayList<>();
    private final TreeSet<Long> runningReads = new TreeSet<>();
    private final ClientWrite initial = new ClientWrite(0, 0, 0, 0);
    private final List<ClientWrite> untouched = List.of(initial);
    private Watcher watcher = sector -> { };
    private long tick = 1;

    /** @param deviceBytes size of the device */
    History(long deviceBytes) {
        for (long at = 0; at < deviceBytes; at += Stamp.SECTOR) {
            sectors.add(untouched);
        }
        initial.ended = 0;
        initial.definite = true;
        initial.durable = true;
    }

    void watch(Watcher newWatcher) {
        watcher = newWatcher;
    }

    /** A new moment, later than all before. */
    long tick() {
        return ++tick;
    }

    /** @return the read's tick, for {@link #mayRead} and {@link #endRead} */
    long beginRead() {
        long invoked = tick();
        runningReads.add(invoked);
        return invoked;
    }

    void endRead(long invoked) {
        runningReads.remove(invoked);
    }

    /** @param stamp 0 for zeros and trims */
    ClientWrite begin(long offset, long length, long stamp) {
        int first = (int) (offset / Stamp.SECTOR);
        int end = (int) ((offset + length) / Stamp.SECTOR);
        ClientWrite write = new ClientWrite(stamp, tick(), first, end);
        running.add(write);
        touched.set(first, end);
        for (int sector = first; sector < end; sector++) {
            List<ClientWrite> versions = sectors.get(sector);
            if (versions == untouched) {
                versions = new ArrayList<>(untouched);
                sectors.set(sector, versions);
            }
            prune(versions);
            versions.add(write);
        }
        return write;
    }

    /** @param definite acknowledged with success and not a trim */
    void end(ClientWrite write, boolean definite, boolean durable) {
        write.ended = tick();
        write.definite = definite;
        if (definite && durable) {
            setDurable(write);
        }
        running.remove(write);
        if (definite && !durable) {
            notDurable.add(write);
        }
    }

    /** A flush begun at this tick has been acknowledged. */
    void flushed(long flushInvoked) {
        notDurable.removeIf(write -> {
            if (write.ended < flushInvoked) {
                setDurable(write);
                return true;
            }
            return false;
        });
    }

    private void setDurable(ClientWrite write) {
        write.durable = true;
        for (int sector = write.firstSector; sector < write.endSector; sector++) {
            watcher.mustBeDurable(sector);
        }
    }

    /** The source has died: what was running may or may not have happened. */
    void sourceDied() {
        for (ClientWrite write : new ArrayList<>(running)) {
            end(write, false, false);
        }
        runningReads.clear();
    }

    /** After a power cut of the source: this is what the sector is from now, and no power cut changes it. */
    void settle(int sector, long stamp) {
        ClientWrite settled = new ClientWrite(stamp, tick(), sector, sector + 1);
        settled.ended = tick();
        settled.definite = true;
        settled.durable = true;
        List<ClientWrite> versions = sectors.get(sector);
        versions.clear();
        versions.add(settled);
        watcher.mustBeDurable(sector);
    }

    void settledAll() {
        notDurable.clear();
    }

    /** True if a read begun at this tick and ending now may return the stamp. */
    boolean mayRead(long sector, long stamp, long readInvoked) {
        List<ClientWrite> versions = versions(sector);
        for (ClientWrite write : versions) {
            if (write.stamp == stamp && !superseded(versions, write, readInvoked, false)) {
                return true;
            }
        }
        return false;
    }

    /** True if stable storage may hold the stamp: nothing durable has certainly come after it. */
    boolean mayBeDurable(long sector, long stamp) {
        List<ClientWrite> versions = versions(sector);
        for (ClientWrite write : versions) {
            if (write.stamp == stamp && !superseded(versions, write, Long.MAX_VALUE, true)) {
                return true;
            }
        }
        return false;
    }

    private static boolean superseded(List<ClientWrite> versions, ClientWrite write, long beforeTick, boolean byDurable) {
        for (ClientWrite later : versions) {
            if (later.invoked > write.ended && later.wasAcknowledgedBefore(beforeTick) && (later.durable || !byDurable)) {
                return true;
            }
        }
        return false;
    }

    private void prune(List<ClientWrite> versions) {
        if (versions.size() < 8) {
            return;
        }
        long oldestRunning = running.isEmpty() ? tick : running.get(0).invoked;
        long before = runningReads.isEmpty() ? oldestRunning : Math.min(oldestRunning, runningReads.first());
        List<ClientWrite> all = List.copyOf(versions);
        versions.removeIf(write -> superseded(all, write, before, true));
    }

    /** Sectors that the client has ever modified, in order. */
    BitSet touchedSectors() {
        return touched;
    }

    List<ClientWrite> versions(long sector) {
        return sectors.get((int) sector);
    }

    boolean hasRunning() {
        return !running.isEmpty();
    }
}
