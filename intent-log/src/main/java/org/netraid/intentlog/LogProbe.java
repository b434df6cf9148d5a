/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.netraid.block.BlockDevice;
import org.netraid.intentlog.format.Superblock;
import org.netraid.intentlog.format.SuperblockCodec;

/** Reads what a log says of itself, without opening it. */
public final class LogProbe {

    private LogProbe() {
    }

    /** @param found gets the newest intact superblock, or null if there is none, on the device's loop */
    public static void read(BlockDevice device, Consumer<Superblock> found) {
        ByteBuffer[] blocks = new ByteBuffer[2];
        boolean[] unreadable = new boolean[2];
        LogIo io = new LogIo(device, detail -> found.accept(null));
        for (int copy = 0; copy < 2; copy++) {
            blocks[copy] = ByteBuffer.allocateDirect(IntentLogLayout.BLOCK_BYTES);
            io.read(IntentLogLayout.superblockOffset(copy), blocks[copy], copy);
        }
        io.fetch(copy -> unreadable[copy] = true, () -> {
            Superblock best = null;
            for (int copy = 0; copy < 2; copy++) {
                if (!unreadable[copy] && SuperblockCodec.problem(blocks[copy].clear()) == null) {
                    Superblock read = SuperblockCodec.decode(blocks[copy]);
                    best = best == null || read.sequence() > best.sequence() ? read : best;
                }
            }
            found.accept(best);
        });
    }
}
