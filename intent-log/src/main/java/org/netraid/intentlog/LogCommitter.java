/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.netraid.intentlog.format.ActivityBlockCodec;
import org.netraid.intentlog.format.BitmapPageCodec;
import org.netraid.intentlog.format.Superblock;
import org.netraid.intentlog.format.SuperblockCodec;
import org.roaringbitmap.RoaringBitmap;

/**
 * Writes the log: one commit at a time, each a walk through these steps, every arrow a flush.
 *
 * <pre>
 *   superblock copy 0 -> superblock copy 1 ->            if it has changed
 *   an empty ring ->                                     in the first commit on another device
 *   pages, first places -> pages, second places ->       at most {@value #PAGES_PER_ROUND} a round
 *   ring block -> ring block ...                         which replace extents: never together with the pages that hold their bits
 * </pre>
 *
 * A structure is never being written in both its places at once, and a commit ends only when both are durable: so a torn write leaves the
 * other place, and one rotten place leaves an equal one. Single-threaded.
 */
final class LogCommitter {

    static final int PAGES_PER_ROUND = 256;

    private LogIo io;
    private final IntentLogLayout layout;
    private final ExtentTable table;
    private final TargetSlot[] slots;
    private Superblock superblock;
    private long ringSequence;
    private long pageSequence;

    private final ByteBuffer superblockBuffer = ByteBuffer.allocateDirect(IntentLogLayout.BLOCK_BYTES);
    private final ByteBuffer ringBuffer = ByteBuffer.allocateDirect(IntentLogLayout.TWIN_BYTES);
    private final List<ByteBuffer> pageBuffers = new ArrayList<>();
    private final RoaringBitmap[] pagesToWrite = new RoaringBitmap[IntentLog.MAX_SLOTS];
    private final long[] firstOffsets = new long[PAGES_PER_ROUND];
    private final long[] secondOffsets = new long[PAGES_PER_ROUND];
    private int roundPages;
    private boolean superblockChanged;
    private boolean ringToEmpty;
    private boolean clean;

    private boolean inMemory;
    private boolean running;
    private SlotChanges changes;
    private int changesWritten;
    private Runnable done;

    LogCommitter(LogIo io, IntentLogLayout layout, ExtentTable table, TargetSlot[] slots, Superblock superblock, long ringSequence,
            long pageSequence) {
        this.io = io;
        this.layout = layout;
        this.table = table;
        this.slots = slots;
        this.superblock = superblock;
        this.ringSequence = ringSequence;
        this.pageSequence = pageSequence;
        for (int k = 0; k < pagesToWrite.length; k++) {
            pagesToWrite[k] = new RoaringBitmap();
        }
    }

    boolean isRunning() {
        return running;
    }

    /** The next commit, or the one running, writes the slots' states. */
    void superblockChanged() {
        superblockChanged = true;
    }

    /** The next superblock says that the log is closed in order. */
    void markClean() {
        clean = true;
        superblockChanged = true;
    }

    boolean isMarkedClean() {
        return clean;
    }

    void addPage(int slot, int page) {
        pagesToWrite[slot].add(page);
    }

    void addPages(int slot, RoaringBitmap pages) {
        pagesToWrite[slot].or(pages);
    }

    /** Pages with newly set bits of an extent that is being replaced. */
    void addPagesOf(int extent) {
        for (TargetSlot slot : slots) {
            for (int page = layout.firstPageOf(extent); page <= layout.lastPageOf(extent); page++) {
                if (slot.bitmap.setStale.contains(page)) {
                    addPage(slot.index, page);
                }
            }
        }
    }

    /** True if no page of the extent has newly set bits. */
    boolean isRecorded(int extent) {
        for (TargetSlot slot : slots) {
            if (slot.bitmap.setStale.intersects(layout.firstPageOf(extent), layout.lastPageOf(extent) + 1L)) {
                return false;
            }
        }
        return true;
    }

    boolean hasWork(SlotChanges pendingChanges) {
        return superblockChanged || pendingChanges.count() > 0 || hasPages();
    }

    private boolean hasPages() {
        for (RoaringBitmap pages : pagesToWrite) {
            if (!pages.isEmpty()) {
                return true;
            }
        }
        return false;
    }

    /** Writes all there is; {@code whenDone} runs later, when it is durable; never after a failure. */
    void start(SlotChanges slotChanges, Runnable whenDone) {
        running = true;
        changes = slotChanges;
        changesWritten = 0;
        done = whenDone;
        if (inMemory) {
            goOnInMemory();
        } else {
            step();
        }
    }

    /** From now on, and for the commit that is running, being in memory is enough. */
    void goOnInMemory() {
        inMemory = true;
        superblockChanged = false;
        ringToEmpty = false;
        for (RoaringBitmap pages : pagesToWrite) {
            pages.clear();
        }
        running = false;
        done.run();
    }

    /** Begins a new log on another device; the caller gives the next commit everything that it must hold. */
    void attach(LogIo newIo, long nowNs) {
        io = newIo;
        inMemory = false;
        Superblock s = superblock;
        long mixed = (nowNs + 1) * 0x9e3779b97f4a7c15L ^ s.incarnation() << 1;
        long incarnation = mixed == 0 || mixed == s.incarnation() ? mixed + 1 : mixed;
        superblock = new Superblock(s.sequence() + 1, incarnation, s.mirrorId(), s.nodeName(), s.deviceSizeBytes(), s.chunkBytes(),
                s.extentBytes(), s.alSlots(), s.ringPlaces(), 1, false, s.slots());
        ringSequence = 0;
        superblockChanged = true;
        ringToEmpty = true;
    }

    private void step() {
        if (superblockChanged) {
            writeSuperblock();
        } else if (ringToEmpty) {
            ringToEmpty = false;
            io.writeEmptyRing(layout);
            io.commit(this::step);
        } else if (encodeRound()) {
            writeFirstPlaces();
            io.commit(this::secondPlaces);
        } else if (changesWritten < changes.count()) {
            writeRingBlock();
            io.commit(this::step);
        } else {
            running = false;
            done.run();
        }
    }

    // ---- superblock

    private void writeSuperblock() {
        superblockChanged = false;
        List<Superblock.Slot> records = new ArrayList<>(slots.length);
        for (TargetSlot slot : slots) {
            records.add(slot.toRecord());
        }
        Superblock s = superblock;
        superblock = new Superblock(s.sequence() + 1, s.incarnation(), s.mirrorId(), s.nodeName(), s.deviceSizeBytes(), s.chunkBytes(),
                s.extentBytes(), s.alSlots(), s.ringPlaces(), s.ringLife(), clean, records);
        SuperblockCodec.encode(superblock, superblockBuffer.clear());
        io.write(IntentLogLayout.superblockOffset(0), superblockBuffer);
        io.commit(() -> {
            io.write(IntentLogLayout.superblockOffset(1), superblockBuffer.clear());
            io.commit(this::step);
        });
    }

    // ---- bitmap pages

    /** Takes up to a round of pages as they are now. A page's only good place is written last. */
    private boolean encodeRound() {
        roundPages = 0;
        for (TargetSlot slot : slots) {
            RoaringBitmap pages = pagesToWrite[slot.index];
            while (!pages.isEmpty() && roundPages < PAGES_PER_ROUND) {
                int page = pages.first();
                pages.remove(page);
                if (slot.isUsed() && slot.bitmap.isStale(page)) {
                    encodePage(slot, page);
                }
            }
        }
        return roundPages > 0;
    }

    private void encodePage(TargetSlot slot, int page) {
        if (roundPages == pageBuffers.size()) {
            pageBuffers.add(ByteBuffer.allocateDirect(IntentLogLayout.BLOCK_BYTES));
        }
        BitmapPageCodec.encode(pageBuffers.get(roundPages).clear(), 0, superblock.mirrorId(), superblock.incarnation(), slot.index,
                slot.life, page, ++pageSequence, slot.bitmap.dirty);
        int first = slot.bitmap.startPageWrite(page);
        firstOffsets[roundPages] = layout.pageOffset(slot.index, first, page);
        secondOffsets[roundPages++] = layout.pageOffset(slot.index, 1 - first, page);
    }

    private void writeFirstPlaces() {
        for (int i = 0; i < roundPages; i++) {
            io.write(firstOffsets[i], pageBuffers.get(i).clear());
        }
    }

    private void secondPlaces() {
        for (int i = 0; i < roundPages; i++) {
            io.write(secondOffsets[i], pageBuffers.get(i).clear());
        }
        io.commit(this::step);
    }

    // ---- activity log

    private void writeRingBlock() {
        ringSequence++;
        ActivityBlockCodec.begin(ringBuffer.clear(), 0, superblock.incarnation(), superblock.ringLife(), ringSequence);
        for (int n = 0; n < ActivityBlockCodec.MAX_CHANGES && changesWritten < changes.count(); n++, changesWritten++) {
            ActivityBlockCodec.addChange(ringBuffer, 0, changes.slot(changesWritten), changes.extent(changesWritten));
        }
        int window = (int) (ringSequence % layout.contextWindows());
        ActivityBlockCodec.window(ringBuffer, 0, window * IntentLogLayout.CONTEXT_SLOTS, table.extentAt);
        ActivityBlockCodec.seal(ringBuffer, 0);
        ringBuffer.put(IntentLogLayout.BLOCK_BYTES, ringBuffer, 0, IntentLogLayout.BLOCK_BYTES);
        io.write(layout.ringOffset((int) (ringSequence % layout.ringPlaces())), ringBuffer);
    }
}
