/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.netraid.block.BlockDevice;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.format.ActivityBlockCodec;
import org.netraid.intentlog.format.Superblock;
import org.netraid.intentlog.format.SuperblockCodec;
import org.netraid.time.EventLoop;

/**
 * Opens or creates a log, step by step: flush what an earlier process may have left in a cache, read both superblocks, then the ring if
 * the log was not closed in order, then the bitmap pages. Until everything is read nothing is written; then only what was found is
 * written again where it may not be in both its places, so a crash here changes nothing.
 *
 * <p>Extents that were hot stay hot, with all their chunks dirty for every slot; they reach the bitmap pages as any bits do, before
 * the extent is replaced.
 */
final class LogOpener {

    private final BlockDevice device;
    private final IntentLogConfig config;
    private final EventLoop loop;
    private final FaultPoints faults;
    private final DiskIntentLog.Opened opened;
    private final LogIo io;
    private final ByteBuffer[] superblocks = {block(), block()};
    private final boolean[] unreadable = new boolean[2];

    private Superblock superblock;
    private int winner = 1;
    private IntentLogLayout layout;
    private TargetSlots slots;
    private ExtentTable table;
    private int hotExtents;
    private long ringSequence;
    private boolean repair;
    private ByteBuffer newestRingBlock;
    /** Bitmap pages of the old log that would be found damaged in a new one too, which writes a page only when it changes. */
    private List<Long> damagedPages = List.of();

    LogOpener(BlockDevice device, IntentLogConfig config, EventLoop loop, FaultPoints faults, DiskIntentLog.Opened opened) {
        this.device = device;
        this.config = config;
        this.loop = loop;
        this.faults = faults;
        this.opened = opened;
        io = new LogIo(device, detail -> opened.onOpened(null, "intent log " + device.name() + " cannot be opened: " + detail));
    }

    private static ByteBuffer block() {
        return ByteBuffer.allocateDirect(IntentLogLayout.BLOCK_BYTES);
    }

    void create() {
        if (isLargeEnough(config.layout())) {
            readSuperblocks(() -> format(IntentLog.Recovery.Kind.CREATED,
                    "intent log " + device.name() + " has been created; no target is known to be equal yet"));
        }
    }

    void open() {
        if (isLargeEnough(config.layout())) {
            io.flush(() -> readSuperblocks(this::judgeSuperblocks));
        }
    }

    private boolean isLargeEnough(IntentLogLayout wanted) {
        long size = device.geometry().sizeBytes();
        if (size >= wanted.sizeBytes() && device.geometry().minBlockBytes() <= IntentLogLayout.BLOCK_BYTES) {
            return true;
        }
        String why = size < wanted.sizeBytes()
                ? "has " + size + " bytes, needs " + wanted.sizeBytes() + ": make it larger, or choose larger chunks"
                : "has blocks larger than 4096 bytes: put it on another device";
        loop.execute(() -> opened.onOpened(null, "intent log " + device.name() + " " + why));
        return false;
    }

    // ---- superblock

    private void readSuperblocks(Runnable then) {
        for (int copy = 0; copy < 2; copy++) {
            io.read(IntentLogLayout.superblockOffset(copy), superblocks[copy], copy);
        }
        io.fetch(copy -> unreadable[copy] = true, then);
    }

    private void judgeSuperblocks() {
        String[] problems = new String[2];
        for (int copy = 0; copy < 2; copy++) {
            problems[copy] = unreadable[copy] ? "unreadable" : SuperblockCodec.problem(superblocks[copy].clear());
            if (problems[copy] == null) {
                Superblock found = SuperblockCodec.decode(superblocks[copy]);
                repair |= superblock != null && superblock.sequence() != found.sequence();
                if (superblock == null || found.sequence() > superblock.sequence()) {
                    superblock = found;
                    winner = copy;
                }
            }
        }
        repair |= problems[0] != null || problems[1] != null;
        if (superblock == null) {
            lost("its superblock is " + problems[0] + (problems[0].equals(problems[1]) ? "" : " / " + problems[1]));
        } else if (!superblock.mirrorId().equals(config.mirrorId())) {
            superblock = null;
            lost("it belongs to another mirror");
        } else if (superblock.deviceSizeBytes() != config.deviceSizeBytes()) {
            lost("it is for a device of " + superblock.deviceSizeBytes() + " bytes, this one has " + config.deviceSizeBytes());
        } else {
            layout = new IntentLogLayout(superblock.deviceSizeBytes(), superblock.chunkBytes(), superblock.alSlots());
            readRing();
        }
    }

    // ---- ring

    private void readRing() {
        if (!isLargeEnough(layout)) {
            return;
        }
        restoreSlots();
        if (superblock.clean()) {
            readPages();
            return;
        }
        ByteBuffer ring = ByteBuffer.allocateDirect(layout.ringPlaces() * IntentLogLayout.TWIN_BYTES);
        List<Integer> failed = new ArrayList<>();
        for (int place = 0; place < layout.ringPlaces(); place++) {
            int at = place * IntentLogLayout.TWIN_BYTES;
            io.read(layout.ringOffset(place), ring.slice(at, IntentLogLayout.TWIN_BYTES), place);
        }
        io.fetch(failed::add, () -> replay(ring, failed));
    }

    private void restoreSlots() {
        slots = new TargetSlots(layout.deviceSizeBytes(), layout.chunkBytes());
        for (TargetSlot slot : slots.all) {
            slot.restore(superblock.slots().get(slot.index));
        }
        table = new ExtentTable(layout.alSlots(), config.steadyExtents(), Cooling.TICKS,
                faults.isArmed("extent-released-while-active"));
    }

    private void replay(ByteBuffer ring, List<Integer> failed) {
        RingReplay replay = new RingReplay(layout, superblock, ring);
        String problem = failed.isEmpty() ? replay.problem() : "place " + failed.get(0) + " of its activity log cannot be read";
        if (problem != null) {
            lost(problem);
            return;
        }
        ringSequence = replay.newestSequence();
        newestRingBlock = replay.newestBlock();
        hotExtents = table.restore(replay.replay());
        readPages();
    }

    // ---- pages

    private void readPages() {
        PageLoader[] loader = new PageLoader[1];
        loader[0] = new PageLoader(io, layout, superblock, slots, device.geometry().maxTransferBytes(),
                faults.isArmed("torn-page-accepted"), problem -> {
                    damagedPages = loader[0].damaged();
                    pagesRead(problem, loader[0].maxSequence());
                });
        loader[0].next();
    }

    private void pagesRead(String problem, long pageSequence) {
        if (problem != null) {
            lost(problem);
        } else if (superblock.clean()) {
            startLife(pageSequence);
        } else {
            markHotExtents();
            String message = "intent log " + device.name() + " was not closed in order: " + hotExtents
                    + " recently written regions of 4 MiB will be compared or resent to every target";
            IntentLog.Recovery recovery = new IntentLog.Recovery(IntentLog.Recovery.Kind.CRASHED, hotExtents, message);
            rewriteNewestRingBlock(() -> repairSuperblocks(() -> finish(pageSequence, recovery)));
        }
    }

    /**
     * After a failed flush the newest block may be in the cache only, and no flush brings it to the medium any more. The same bytes at the
     * same place do no harm.
     */
    private void rewriteNewestRingBlock(Runnable then) {
        if (newestRingBlock == null) {
            then.run();
            return;
        }
        ByteBuffer twins = ByteBuffer.allocateDirect(IntentLogLayout.TWIN_BYTES);
        twins.put(newestRingBlock.duplicate()).put(newestRingBlock.duplicate()).flip();
        io.write(layout.ringOffset((int) (ringSequence % layout.ringPlaces())), twins);
        io.commit(then);
    }

    private void repairSuperblocks(Runnable then) {
        if (repair) {
            superblock = next(superblock, superblock.ringLife());
            writeSuperblocks(then);
        } else {
            then.run();
        }
    }

    private void markHotExtents() {
        slots.recompute();
        for (int slot = 0; slot < table.slots(); slot++) {
            if (table.extentAt[slot] != ActivityBlockCodec.FREE) {
                long offset = (long) table.extentAt[slot] * IntentLogLayout.EXTENT_BYTES;
                long length = Math.min(IntentLogLayout.EXTENT_BYTES, layout.deviceSizeBytes() - offset);
                slots.markRange(slots.usedMask(), offset, length);
                markStale(offset, length);
            }
        }
    }

    /** Their pages may be in a cache only (see below), so they are written before the extent is replaced even if all bits were set. */
    private void markStale(long offset, long length) {
        int firstPage = SlotBitmap.pageOf(slots.firstChunk(offset));
        int lastPage = SlotBitmap.pageOf(slots.firstChunk(offset + length - 1));
        for (TargetSlot target : slots.all) {
            if (target.isUsed()) {
                target.bitmap.setStale.add((long) firstPage, lastPage + 1L);
            }
        }
    }

    /**
     * After a clean end the ring says nothing: a new life of the ring makes its blocks count as unwritten, and damaged ones are gone before
     * it begins, while nobody reads the ring.
     */
    private void startLife(long pageSequence) {
        superblock = next(superblock, superblock.ringLife() + 1);
        io.writeEmptyRing(layout);
        io.commit(() -> writeSuperblocks(() -> finish(pageSequence, new IntentLog.Recovery(IntentLog.Recovery.Kind.CLEAN, 0,
                "intent log " + device.name() + " was closed in order"))));
    }

    private static Superblock next(Superblock s, int ringLife) {
        return new Superblock(s.sequence() + 1, s.incarnation(), s.mirrorId(), s.nodeName(), s.deviceSizeBytes(), s.chunkBytes(),
                s.extentBytes(), s.alSlots(), s.ringPlaces(), ringLife, false, s.slots());
    }

    /** The copy that has been believed is overwritten last. */
    private void writeSuperblocks(Runnable then) {
        ByteBuffer block = block();
        SuperblockCodec.encode(superblock, block);
        int other = 1 - winner;
        io.write(IntentLogLayout.superblockOffset(other), block);
        io.commit(() -> {
            io.write(IntentLogLayout.superblockOffset(winner), block.clear());
            io.commit(then);
        });
    }

    // ---- a new log

    private void lost(String why) {
        format(IntentLog.Recovery.Kind.LOST, "intent log " + device.name() + " cannot be used, " + why
                + "; a new one has been made and every target needs a full resync");
    }

    /** Writes the superblocks of a new incarnation, then an empty ring; slots whose names are known need a full resync. */
    private void format(IntentLog.Recovery.Kind kind, String message) {
        layout = config.layout();
        List<Superblock.Slot> records = new ArrayList<>(IntentLog.MAX_SLOTS);
        for (int k = 0; k < IntentLog.MAX_SLOTS; k++) {
            Superblock.Slot old = kind == IntentLog.Recovery.Kind.LOST && superblock != null
                    ? superblock.slots().get(k) : Superblock.Slot.UNUSED;
            records.add(old.state() == SlotState.UNUSED ? Superblock.Slot.UNUSED
                    : new Superblock.Slot(SlotState.FULL_RESYNC, true, 1, old.name()));
        }
        superblock = new Superblock(newestSequence() + 1, newIncarnation(), config.mirrorId(), config.nodeName(), config.deviceSizeBytes(),
                config.chunkBytes(), IntentLogLayout.EXTENT_BYTES, config.alSlots(), layout.ringPlaces(), 1, false, records);
        restoreSlots();
        for (TargetSlot slot : slots.all) {
            slot.bitmap.reset(slot.fillOnes, layout.chunkCount());
        }
        ringSequence = 0;
        hotExtents = 0;
        // First the superblocks of the new incarnation: from then on every older block on the medium counts as never written. Were the
        // ring emptied before, a crash could leave the old superblocks with an intact ring in which nothing is hot.
        writeSuperblocks(() -> clearDamagedPages(() -> {
            io.writeEmptyRing(layout);
            io.commit(() -> finish(0, new IntentLog.Recovery(kind, 0, message)));
        }));
    }

    private void clearDamagedPages(Runnable then) {
        if (damagedPages.isEmpty()) {
            then.run();
            return;
        }
        ByteBuffer zeros = block();
        for (long offset : damagedPages) {
            io.write(offset, zeros.duplicate());
        }
        io.commit(then);
    }

    /** So that the new superblock wins over the other copy before that is overwritten too. */
    private long newestSequence() {
        long newest = 0;
        for (ByteBuffer block : superblocks) {
            if (SuperblockCodec.problem(block.clear()) == null) {
                newest = Math.max(newest, SuperblockCodec.decode(block).sequence());
            }
        }
        return newest;
    }

    /** Differs from every earlier one on this medium: made of the time and of what the superblocks' places held. */
    private long newIncarnation() {
        CRC32C crc = new CRC32C();
        for (ByteBuffer block : superblocks) {
            crc.update(block.clear());
        }
        long mixed = (loop.nanoTime() + 1) * 0x9e3779b97f4a7c15L ^ crc.getValue() << 20;
        return mixed == 0 ? 1 : mixed;
    }

    private void finish(long pageSequence, IntentLog.Recovery recovery) {
        opened.onOpened(new DiskIntentLog(device, loop, faults, config,
                new OpenedLog(layout, slots, table, superblock, ringSequence, pageSequence, recovery)), "");
    }
}
