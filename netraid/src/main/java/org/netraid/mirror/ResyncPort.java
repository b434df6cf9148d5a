/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.nio.ByteBuffer;
import org.netraid.block.BlockCapability;
import org.netraid.block.ExtentList;
import org.netraid.block.StoredBytes;
import org.netraid.intentlog.IntentLog;

/**
 * What a resync or a verify may do with the devices of a mirror, besides the claims on ranges of {@link Mirror#rangeLocks} and the reads of
 * {@link Mirror#readLocal}. Writes go only to targets that replicate; everything on the mirror's loop.
 */
public final class ResyncPort {

    /** Of the bytes a resync writes only so many count towards the next flush: each flush costs the application's writes, too. */
    private static final int FLUSH_SHARE = 8;

    private final Mirror mirror;
    private final LegTable legs;

    ResyncPort(Mirror mirror, LegTable legs) {
        this.mirror = mirror;
        this.legs = legs;
    }

    /** Times of the application's modifications. */
    public WriteLatency writeLatency() {
        return mirror.walk.figures.writeLatency;
    }

    /** True if the local disk can tell its holes. */
    public boolean knowsHoles() {
        return mirror.localChannel.device.can(BlockCapability.EXTENTS);
    }

    /** Asks the local disk which parts of a range are holes or read as zeros. */
    public void localExtents(DeviceOpOwner owner, long offsetBytes, long lengthBytes, ExtentList into) {
        mirror.localChannel.extents(owner, offsetBytes, lengthBytes, 0, into);
    }

    /**
     * Writes a part of the payload to a target.
     *
     * @param beside true if another part of the same payload is on its way to that target: costs a view of its own
     */
    public void write(int slot, DeviceOpOwner owner, long offsetBytes, int lengthBytes, Payload from, int fromByte, boolean beside) {
        Leg leg = legs.leg(slot);
        leg.resyncBytes += lengthBytes;
        if (beside) {
            ByteBuffer view = from.bytes().duplicate();
            view.clear().limit(fromByte + lengthBytes).position(fromByte);
            leg.channel.write(owner, offsetBytes, lengthBytes, 0, from, view);
        } else {
            leg.channel.write(owner, offsetBytes, lengthBytes, 0, from, fromByte);
        }
    }

    /** What the local disk holds, if it can go to this target from where it is; else null: it has to be read. */
    public StoredBytes stored(int slot) {
        CopyChannel channel = legs.leg(slot).channel;
        return channel != null && channel.device.can(BlockCapability.STORED) ? mirror.localChannel.device.stored() : null;
    }

    /** Writes the local disk's bytes to a target from where they are; whole blocks of 4 KiB, in a range that is claimed. */
    public void writeStored(int slot, DeviceOpOwner owner, long offsetBytes, long lengthBytes, StoredBytes from) {
        Leg leg = legs.leg(slot);
        leg.resyncBytes += lengthBytes;
        leg.channel.writeStored(owner, offsetBytes, lengthBytes, from);
    }

    /** Reads from a target into the payload, from its start. */
    public void readTarget(int slot, DeviceOpOwner owner, long offsetBytes, int lengthBytes, Payload into) {
        into.bytes().clear().limit(lengthBytes);
        legs.leg(slot).channel.read(owner, offsetBytes, into.bytes(), into);
    }

    /**
     * True if both the local disk and the target can hash chunks where they are, and the target can be believed: after a failed flush it
     * may show what it will never write.
     */
    public boolean canCompare(int slot) {
        CopyChannel channel = legs.leg(slot).channel;
        return channel != null && !legs.leg(slot).flushFailed && channel.device.can(BlockCapability.CHECKSUM)
                && mirror.localChannel.device.can(BlockCapability.CHECKSUM);
    }

    /**
     * Asks the local disk or a target for the hash of each chunk of a range, no longer than a chunk run. An error does not end the target:
     * what cannot be read there may still be written. When the target is lost the buffer is the command's own until that ends, for good.
     *
     * @param slot the target; {@link IntentLog#LOCAL} for the local disk
     * @param into exactly the room for the hashes
     */
    public void checksum(int slot, DeviceOpOwner owner, long offsetBytes, int lengthBytes, int chunkBytes, ByteBuffer into) {
        CopyChannel channel = slot == IntentLog.LOCAL ? mirror.localChannel : legs.leg(slot).channel;
        channel.checksum(owner, offsetBytes, lengthBytes, chunkBytes, into);
    }

    /** Makes a range of a target read as zeros. */
    public void zero(int slot, DeviceOpOwner owner, long offsetBytes, long lengthBytes) {
        Leg leg = legs.leg(slot);
        leg.resyncZeroBytes += lengthBytes;
        leg.channel.zero(owner, offsetBytes, lengthBytes, 0);
    }

    /** True if the target's device zeroes ranges itself. */
    public boolean canZero(int slot) {
        CopyChannel channel = legs.leg(slot).channel;
        return channel != null && !channel.mustWriteZeros();
    }

    /** True while the target gets every new write and may be written by a resync. */
    public boolean isOpen(int slot) {
        return legs.leg(slot).state == LegState.RESYNCING;
    }

    /**
     * From now on, if the target takes less than the application writes and nobody is to wait for it, writes go past it: they are dirty
     * chunks for the next pass. Until {@link #holdWrites} or {@link #stopOfferingPasses}.
     */
    public void offerPasses(int slot) {
        mirror.catchUps.offer(slot);
    }

    /** No pass comes after this one. */
    public void stopOfferingPasses(int slot) {
        mirror.catchUps.withdraw(slot);
    }

    /** True while writes go past the target. */
    public boolean skipsWrites(int slot) {
        return (mirror.catchUps.skippingMask() & 1 << slot) != 0;
    }

    /** True while writes go past the target, but some from before are still on their way: nothing may overtake those. */
    public boolean isDraining(int slot) {
        return mirror.catchUps.isDraining(slot);
    }

    /** The target gets every write again, and the application waits where it has to; ends with {@link MirrorListener#legSettled}. */
    public void holdWrites(int slot) {
        mirror.catchUps.hold(legs.leg(slot));
        mirror.resyncs.settleSoon();
    }

    /** True from {@link #holdWrites} to the end of the resync. */
    public boolean holdsWrites(int slot) {
        return mirror.catchUps.isHolding(slot);
    }

    /** Bytes were written to a target and wait for a flush. */
    public void noteResynced(long bytes) {
        mirror.noteUnflushed(bytes / FLUSH_SHARE);
    }
}
