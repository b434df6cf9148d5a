/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockGeometry;
import org.netraid.intentlog.IntentLog;

/** What the mirror looks like as a device, worked out once, when it is made: what the configuration and the local disk have in common. */
final class MirrorGeometry {

    private MirrorGeometry() {
    }

    static BlockGeometry combine(MirrorConfig config, BlockDevice local, IntentLog log) {
        BlockGeometry disk = local.geometry();
        String who = "mirror " + config.tag() + " cannot use local disk " + local.name() + ": ";
        if (local.can(BlockCapability.READ_ONLY)) {
            throw new IllegalArgumentException(who + "it is read-only");
        }
        if (config.sizeBytes() > disk.sizeBytes()) {
            throw new IllegalArgumentException(who + "it has " + disk.sizeBytes() + " bytes, the mirror " + config.sizeBytes());
        }
        int block = Math.max(config.minBlockBytes(), disk.minBlockBytes());
        long size = config.mirrorSizeBytes(disk);
        if (size == 0) {
            throw new IllegalArgumentException(who + "it has " + disk.sizeBytes() + " bytes, less than one block of " + block);
        }
        long chunks = (size + log.chunkBytes() - 1) / log.chunkBytes();
        if (log.chunkCount() != chunks) {
            throw new IllegalArgumentException("mirror " + config.tag() + " of " + size + " bytes has " + chunks + " chunks of "
                    + log.chunkBytes() + " bytes, its intent log " + log.chunkCount() + ": the log belongs to another size");
        }
        int preferred = Math.max(disk.preferredBlockBytes(), Math.max(512, block));
        int transfer = Math.min(disk.maxTransferBytes(), BlockGeometry.DEFAULT_MAX_TRANSFER_BYTES);
        return new BlockGeometry(size, block, preferred, Math.max(preferred, transfer - transfer % block));
    }

    static Set<BlockCapability> capabilitiesOver(BlockDevice local) {
        EnumSet<BlockCapability> set = EnumSet.of(BlockCapability.FLUSH, BlockCapability.FUA, BlockCapability.TRIM,
                BlockCapability.WRITE_ZEROES, BlockCapability.MULTI_CONN);
        for (BlockCapability passedOn : EnumSet.of(BlockCapability.ROTATIONAL, BlockCapability.EXTENTS)) {
            if (local.can(passedOn)) {
                set.add(passedOn);
            }
        }
        return Collections.unmodifiableSet(set);
    }
}
