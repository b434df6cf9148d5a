/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.IntentLogLayout;
import org.netraid.intentlog.SlotState;
import org.netraid.intentlog.format.ActivityBlockCodec;
import org.netraid.intentlog.format.BitmapPageCodec;
import org.netraid.intentlog.format.Superblock;
import org.netraid.intentlog.format.SuperblockCodec;

/** Looks at every block of a log by itself and names those that are damaged, also where the other copy makes up for it. */
final class LogVerifier {

    private static final int MOST_NAMED = 20;

    private final LogFile file;
    private final IntentLogLayout layout;
    private final Superblock superblock;
    private final List<String> damaged = new ArrayList<>();
    private long damagedCount;
    private long written;
    private final ByteBuffer block = ByteBuffer.allocate(IntentLogLayout.BLOCK_BYTES);

    LogVerifier(LogFile file) {
        this.file = file;
        layout = file.layout();
        superblock = file.superblock;
    }

    /** @return exit status */
    int run(Appendable out) throws ToolFailure, IOException {
        try (FileChannel channel = FileChannel.open(file.path, StandardOpenOption.READ)) {
            verifySuperblocks(channel);
            verifyRing(channel);
            for (int slot = 0; slot < IntentLog.MAX_SLOTS; slot++) {
                if (superblock.slots().get(slot).state() != SlotState.UNUSED) {
                    verifyPages(channel, slot);
                }
            }
        }
        IntentLog.Recovery recovery = file.snapshot().recovery();
        for (String each : damaged) {
            out.append("damaged: ").append(each).append('\n');
        }
        out.append(String.format("%d blocks written, %d damaged; %s%n", written, damagedCount, verdict(recovery)));
        return damagedCount == 0 && recovery.kind() != IntentLog.Recovery.Kind.LOST ? 0 : BitmapTool.DAMAGED;
    }

    private String verdict(IntentLog.Recovery recovery) {
        if (recovery.kind() == IntentLog.Recovery.Kind.LOST) {
            return "the log is lost: " + recovery.message();
        }
        return damagedCount == 0 ? "the log is sound" : "the log can still be used: the other copy of each is whole, or it was torn while"
                + " being written";
    }

    private void verifySuperblocks(FileChannel channel) throws IOException {
        for (int copy = 0; copy < 2; copy++) {
            read(channel, IntentLogLayout.superblockOffset(copy));
            String problem = SuperblockCodec.problem(block);
            written++;
            note(problem != null, IntentLogLayout.superblockOffset(copy), "superblock copy " + copy + ", " + problem);
        }
    }

    private void verifyRing(FileChannel channel) throws IOException {
        for (int i = 0; i < 2 * layout.ringPlaces(); i++) {
            long at = layout.ringOffset(0) + (long) i * IntentLogLayout.BLOCK_BYTES;
            read(channel, at);
            ActivityBlockCodec.Verdict verdict = ActivityBlockCodec.judge(block, 0, superblock.incarnation(), superblock.ringLife(),
                    layout.alSlots(), layout.extentCount());
            written += verdict == ActivityBlockCodec.Verdict.UNWRITTEN ? 0 : 1;
            note(verdict == ActivityBlockCodec.Verdict.BAD, at, "activity log, place " + i / 2 + ", twin " + i % 2);
        }
    }

    private void verifyPages(FileChannel channel, int slot) throws IOException {
        for (int place = 0; place < 2; place++) {
            for (int page = 0; page < layout.pagesPerSlot(); page++) {
                long at = layout.pageOffset(slot, place, page);
                read(channel, at);
                BitmapPageCodec.Verdict verdict = BitmapPageCodec.judge(block, 0, superblock.mirrorId(), superblock.incarnation(), slot,
                        superblock.slots().get(slot).life(), page);
                written += verdict == BitmapPageCodec.Verdict.UNWRITTEN ? 0 : 1;
                note(verdict == BitmapPageCodec.Verdict.BAD, at, "slot " + slot + ", bitmap page " + page + ", place " + place);
            }
        }
    }

    private void read(FileChannel channel, long at) throws IOException {
        block.clear();
        while (block.hasRemaining() && channel.read(block, at + block.position()) >= 0) {
            // a short read goes on where it stopped
        }
        block.clear();
    }

    private void note(boolean isDamaged, long at, String what) {
        if (isDamaged && ++damagedCount <= MOST_NAMED) {
            damaged.add(what + ", at byte " + at);
        }
    }
}
