/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A system of four processors that grants what it is asked for, or refuses it; notes the masks asked for. */
final class TieOnPaper extends ProcessorTie {

    final List<String> masks = new CopyOnWriteArrayList<>();
    /** Where the loop is. */
    volatile int processor;
    private final boolean grants;

    TieOnPaper(boolean grants) {
        this.grants = grants;
    }

    @Override
    int currentProcessor() {
        return processor;
    }

    @Override
    byte[] allowed() {
        return new byte[] {0xf};
    }

    @Override
    boolean allow(byte[] mask) {
        masks.add(Integer.toHexString(mask[0]));
        return grants;
    }
}
