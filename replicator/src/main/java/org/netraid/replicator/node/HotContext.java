/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import org.netraid.block.BlockError;
import org.netraid.block.ExtentList;
import org.netraid.block.StatusContext;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.IntentLogLayout;

/**
 * What would become dirty for every target if the source died now, beside what {@link DirtyContext} shows: the hot extents of the intent
 * log, as a map for clients of the mirror's export; see {@code docs/wire-extensions.md}.
 */
final class HotContext implements StatusContext {

    static final String NAME = "x-netraid:hot";
    static final int HOT = 1;

    /** Extents looked at in one call: it must not stall the loop. */
    private static final long MAX_EXTENTS = 1 << 14;

    private final IntentLog log;

    HotContext(IntentLog log) {
        this.log = log;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String description() {
        return "bit 0: recently written; dirty for every target if the source crashed now";
    }

    @Override
    public BlockError extents(long offsetBytes, long lengthBytes, ExtentList into) {
        long endBytes = Math.min(offsetBytes + lengthBytes, (offsetBytes / IntentLogLayout.EXTENT_BYTES + MAX_EXTENTS)
                * IntentLogLayout.EXTENT_BYTES);
        long at = offsetBytes;
        while (at < endBytes) {
            boolean hot = log.isHot(at);
            long to = at;
            do {
                to = Math.min(endBytes, (to / IntentLogLayout.EXTENT_BYTES + 1) * IntentLogLayout.EXTENT_BYTES);
            } while (to < endBytes && log.isHot(to) == hot);
            if (!into.add(to - at, hot ? HOT : 0)) {
                break;
            }
            at = to;
        }
        return BlockError.NONE;
    }
}
