/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import java.util.function.Consumer;
import org.netraid.block.BlockError;

/**
 * Dirty tracking of one mirror, per target slot.
 *
 * <h2>The rule it upholds</h2>
 * Whenever two copies differ in a chunk, a durable record says so: the chunk's bit for that target, or the hot extent around it
 * (guarantee G1). Therefore:
 * <ol>
 *   <li>{@link #beginWrite} before any copy is touched; the write may go out only when it is durable;</li>
 *   <li>{@link #endWrite} when every leg has ended, naming the targets that missed it;</li>
 *   <li>an extent cools, and a resynced chunk's bit is cleared, only when the local disk <em>and</em> every connected target have
 *       <em>flushed</em> what was written under it, which the mirror reports by epochs: {@link #closeEpoch} before it
 *       sends the flushes, {@link #epochFlushed} when one has succeeded.</li>
 * </ol>
 *
 * <h2>Epochs</h2>
 * A write belongs to the epoch open at its {@link #endWrite} (a flush sent after {@code closeEpoch} returned covers it, because all its
 * replies were in). Numbers only grow within one life of the log object. {@link #LOCAL} stands for the local disk.
 *
 * <h2>Slots</h2>
 * Up to {@value #MAX_SLOTS} targets, slot 0 to 6; masks have bit k set for slot k.
 *
 * <h2>Rounding</h2>
 * Setting rounds outward to whole chunks, clearing inward; the last partial chunk of the device counts as whole.
 *
 * <p>Single-threaded on the mirror's loop. A hot {@code beginWrite}/{@code endWrite} pair does no I/O and allocates nothing.
 */
public interface IntentLog {

    /** Targets of one mirror. */
    int MAX_SLOTS = 7;

    /** Stands for the local disk in {@link #epochFlushed}. */
    int LOCAL = -1;

    /** Bytes per bit; a power of two from 4 KiB to 1 MiB. */
    int chunkBytes();

    /** Chunks of the device, the last one perhaps partial. */
    long chunkCount();

    // ---- the data path

    /**
     * Announces a modification of the range. Nothing may be written to any copy before the intent is durable.
     *
     * @return true if it already is (hot extent): go ahead, {@code waiter} will not be called; false if {@code waiter} will be
     */
    boolean beginWrite(long offsetBytes, long lengthBytes, IntentWaiter waiter);

    /**
     * Ends a modification begun before, once for each {@link #beginWrite} that has succeeded. Every slot in use
     * that is not in {@code missedMask} has the write, though perhaps not yet flushed.
     *
     * @param missedMask slots that do not have the write, or may not have it: their chunks become dirty
     */
    void endWrite(long offsetBytes, long lengthBytes, int missedMask);

    /** Closes the open epoch and opens the next. @return the number of the closed one */
    long closeEpoch();

    /**
     * A FLUSH sent after {@link #closeEpoch} returned {@code epoch} has succeeded on this device: everything in that epoch and before is
     * durable there.
     *
     * @param slot target, or {@link #LOCAL}
     */
    void epochFlushed(int slot, long epoch);

    /** True if writes or resynced chunks wait for a flush: the mirror should close the epoch and flush soon. */
    boolean wantsFlush();

    /** True if a write already waits for an extent that only a flush can free: close the epoch and flush now, not at the next tick. */
    boolean flushUrgent();

    // ---- targets

    SlotState slotState(int slot);

    /** Name of the target the slot belongs to, "" if unused. */
    String slotName(int slot);

    /**
     * Gives the slot to a target, or changes its state, durably. Going from UNUSED to TRACKING starts with no bits set (only for a target
     * known to be equal); to FULL_RESYNC sets every bit; to UNUSED clears all.
     *
     * @param name the target's node name, at most 64 bytes of UTF-8
     */
    void setSlot(int slot, String name, SlotState state, IntentWaiter durable);

    /**
     * The target is gone: from now on it misses every write. All its writes below flushed become dirty, and the slot turns
     * STALE durably (FULL_RESYNC stays). The mirror must not acknowledge a write this target missed before {@code durable} is called (G5).
     */
    void targetLost(int slot, IntentWaiter durable);

    /**
     * The target is connected again and gets every new write from this moment; its dirty chunks wait for the resync. (New writes to a
     * dirty chunk leave its bit set.)
     */
    void targetConnected(int slot);

    /** True between {@link #targetConnected} and {@link #targetLost}. */
    boolean isConnected(int slot);

    // ---- resync

    /** Chunks whose bit is set for the slot. */
    long dirtyChunks(int slot);

    /** First dirty chunk of the slot at or after {@code fromChunk}; -1 if none. */
    long nextDirtyChunk(int slot, long fromChunk);

    boolean isDirty(int slot, long chunk);

    /** True if the extent around the byte counts as dirty for every target should the node die now: it is written, or not yet cooled. */
    boolean isHot(long offsetBytes);

    /** First chunk of the slot at or after {@code fromChunk} that is not dirty; {@link #chunkCount} if all are. */
    long nextCleanChunk(int slot, long fromChunk);

    /**
     * The resync is about to overwrite the chunk at the target: its bit stays until {@link #chunksWritten} and a flush after that, whatever
     * else would have cleared it.
     *
     * @return false if the chunk is not dirty any more: the target has it, flushed
     */
    boolean keepDirty(int slot, long chunk);

    /**
     * The resync has written these chunks to the target (reply in, not flushed). Their bits are cleared when the epoch open now is
     * flushed there and on the local disk, unless a chunk was marked dirty again meanwhile. Ignored if the target is not connected.
     */
    void chunksWritten(int slot, long firstChunk, long count);

    /** Marks chunks dirty for every slot in the mask; in memory at once, on disk when {@code durable} is called. */
    void markDirty(int slotMask, long firstChunk, long count, IntentWaiter durable);

    /** The slot's dirty chunks in portable, versioned, checksummed form, for {@link #mergeDirty} on another node. */
    byte[] exportDirty(int slotMask);

    /**
     * Marks the chunks of another node's export (the union, OR) dirty for the slots in the mask.
     *
     * @return NONE and {@code durable} will be called; or EINVAL if the bytes are damaged, of another version or for another chunk size or
     *     device size, with nothing changed and {@code durable} not called
     */
    BlockError mergeDirty(int slotMask, byte[] exported, IntentWaiter durable);

    // ---- life

    /** What opening the log found; for status and log lines. */
    Recovery recovery();

    /**
     * Says who hears that the log takes nothing any more, also when nobody waits for it: everything refused from then on would else be the
     * first to tell.
     *
     * @param told called at most once, in a turn of its own, with what failed and where, for people
     */
    default void onFailedForGood(Consumer<String> told) {
        // a log without a device never fails
    }

    /**
     * Flushes everything and marks the log cleanly closed, so that the next start finds no hot extents. The devices' own flushes are the
     * mirror's business and come first: while a write is active or an epoch unflushed the log is left as after a crash, which costs a
     * little resync. The log's own device stays open; it is its owner's to close.
     */
    void close(IntentWaiter closed);

    /**
     * @param kind what was found
     * @param hotExtents extents that were hot and are dirty for every target now
     * @param message one sentence for people: which log, what was found, what follows
     */
    record Recovery(Kind kind, int hotExtents, String message) {
        /** Outcome of opening a log. */
        public enum Kind {
            /** New log: created now. */
            CREATED,
            /** Closed in order: only recorded bits are dirty. */
            CLEAN,
            /** Not closed in order: hot extents were added to every slot. */
            CRASHED,
            /**
             * Missing, unreadable, damaged, foreign or of another size: every slot needs a full resync. Slots whose names were still
             * readable are FULL_RESYNC, the others UNUSED: give them to their targets with FULL_RESYNC.
             */
            LOST,
            /** The mirror has no log: every interruption costs a full resync. */
            NONE
        }
    }
}
