/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.netraid.intentlog.format.BitmapPageCodec;
import org.netraid.intentlog.format.BitmapPageCodec.Verdict;
import org.netraid.intentlog.format.Superblock;

/**
 * Reads the bitmap pages of the slots in use, both places of each. The valid place with the higher sequence wins; where one place is
 * bad the other is right, because they are never written at the same time and an extent stays hot until both are durable.
 */
final class PageLoader {

    private static final int BATCH_PAGES = 128;

    /** Receives the end. */
    @FunctionalInterface
    interface Loaded {
        /** @param problem what cannot be trusted, for people; null if all is well */
        void loaded(String problem);
    }

    private final LogIo io;
    private final IntentLogLayout layout;
    private final Superblock superblock;
    private final TargetSlots slots;
    private final boolean acceptTorn;
    private final Loaded loaded;
    private final int batchPages;
    private final ByteBuffer[] batches;
    private final boolean[] unreadable = new boolean[2];
    /** Where both places of a page can be read and are damaged: offsets of all of them. */
    private final List<Long> damaged = new ArrayList<>();
    private String problem;
    private int slot;
    private int page;
    private long maxSequence;

    PageLoader(LogIo io, IntentLogLayout layout, Superblock superblock, TargetSlots slots, int maxTransferBytes, boolean acceptTorn,
            Loaded loaded) {
        this.io = io;
        this.layout = layout;
        this.superblock = superblock;
        this.slots = slots;
        this.acceptTorn = acceptTorn;
        this.loaded = loaded;
        batchPages = Math.max(1, Math.min(Math.min(BATCH_PAGES, layout.pagesPerSlot()), maxTransferBytes / IntentLogLayout.BLOCK_BYTES));
        batches = new ByteBuffer[] {buffer(), buffer()};
    }

    private ByteBuffer buffer() {
        return ByteBuffer.allocateDirect(batchPages * IntentLogLayout.BLOCK_BYTES);
    }

    long maxSequence() {
        return maxSequence;
    }

    /** Offsets of blocks that would spoil a new log as they have spoilt this one. */
    List<Long> damaged() {
        return damaged;
    }

    /** Reads the next batch of pages, or ends. */
    void next() {
        while (slot < IntentLog.MAX_SLOTS && (page == layout.pagesPerSlot() || !slots.at(slot).isUsed())) {
            slot++;
            page = 0;
        }
        if (slot == IntentLog.MAX_SLOTS) {
            loaded.loaded(problem);
            return;
        }
        int count = Math.min(batchPages, layout.pagesPerSlot() - page);
        for (int copy = 0; copy < 2; copy++) {
            unreadable[copy] = false;
            batches[copy].clear().limit(count * IntentLogLayout.BLOCK_BYTES);
            io.read(layout.pageOffset(slot, copy, page), batches[copy], copy);
        }
        io.fetch(copy -> unreadable[copy] = true, () -> take(count));
    }

    private void take(int count) {
        for (int i = 0; i < count; i++) {
            takePage(i * IntentLogLayout.BLOCK_BYTES);
            page++;
        }
        next();
    }

    private void takePage(int at) {
        Verdict first = judge(0, at);
        Verdict second = judge(1, at);
        TargetSlot target = slots.at(slot);
        if (first == Verdict.BAD && second == Verdict.BAD) {
            noteDamage(target);
            return;
        }
        boolean equal = first == second && (first != Verdict.VALID || sameSequence(at));
        if (first == Verdict.VALID || second == Verdict.VALID) {
            int best = best(first, second, at);
            decode(target, best, at);
            if (best == 0 && !equal) {
                target.bitmap.onlyFirstPlace.add(page);
            }
        } else if (target.fillOnes) {
            long start = (long) page * IntentLogLayout.BITS_PER_PAGE;
            target.bitmap.dirty.add(start, Math.min(start + IntentLogLayout.BITS_PER_PAGE, layout.chunkCount()));
        }
        if (!equal) {
            target.bitmap.setStale.add(page); // the places must be equal at rest: one alone would not survive rot
        }
    }

    private void noteDamage(TargetSlot target) {
        if (problem == null) {
            problem = "both places of bitmap page " + page + " of slot " + slot + " (" + target.name + ") are damaged";
        }
        for (int copy = 0; copy < 2; copy++) {
            if (!unreadable[copy]) {
                damaged.add(layout.pageOffset(slot, copy, page));
            }
        }
    }

    private boolean sameSequence(int at) {
        return BitmapPageCodec.sequence(batches[0], at) == BitmapPageCodec.sequence(batches[1], at);
    }

    private Verdict judge(int copy, int at) {
        if (unreadable[copy]) {
            return Verdict.BAD;
        }
        int life = slots.at(slot).life;
        return acceptTorn
                ? BitmapPageCodec.judgeBlindly(batches[copy].clear(), at, superblock.mirrorId(), superblock.incarnation(), slot, life, page)
                : BitmapPageCodec.judge(batches[copy].clear(), at, superblock.mirrorId(), superblock.incarnation(), slot, life, page);
    }

    private int best(Verdict first, Verdict second, int at) {
        if (first != Verdict.VALID || second != Verdict.VALID) {
            return first == Verdict.VALID ? 0 : 1;
        }
        return BitmapPageCodec.sequence(batches[0], at) >= BitmapPageCodec.sequence(batches[1], at) ? 0 : 1;
    }

    private void decode(TargetSlot target, int copy, int at) {
        maxSequence = Math.max(maxSequence, BitmapPageCodec.sequence(batches[copy], at));
        BitmapPageCodec.decode(batches[copy], at, layout.chunkCount(), target.bitmap.dirty);
    }
}
