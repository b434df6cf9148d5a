/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockError;

class StepsTest {

    private final List<BlockError> ends = new ArrayList<>();

    @Test
    void endsOnceWhenTheLastStepHasEndedAndAllHaveBegun() {
        Steps steps = new Steps(ends::add);
        steps.begin();
        steps.end();
        steps.begin();
        assertEquals(List.of(), ends, "one may still begin");
        steps.allBegun();
        assertEquals(List.of(), ends, "the second is under way");
        steps.end();
        assertEquals(List.of(BlockError.NONE), ends);
    }

    @Test
    void theFirstErrorSticks() {
        Steps steps = new Steps(ends::add);
        for (BlockError error : List.of(BlockError.NONE, BlockError.ENOSPC, BlockError.EIO, BlockError.NONE)) {
            steps.begin();
            steps.end(error);
        }
        steps.allBegun();
        assertEquals(List.of(BlockError.ENOSPC), ends);
    }

    @Test
    void withoutAnyStepItEndsAtOnce() {
        new Steps(ends::add).allBegun();
        assertEquals(List.of(BlockError.NONE), ends);
    }
}
