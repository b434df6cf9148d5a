/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.function.Consumer;
import org.netraid.block.BlockError;

/**
 * Steps that run side by side, and what follows when the last of them has ended: as soon as {@link #allBegun} was called, at once if all
 * have ended by then. The first error sticks. On the mirror's loop only.
 */
final class Steps {

    private final Consumer<BlockError> then;
    private int open = 1;
    private BlockError error = BlockError.NONE;

    Steps(Consumer<BlockError> then) {
        this.then = then;
    }

    /** For steps that cannot fail. */
    Steps(Runnable then) {
        this(error -> then.run());
    }

    void begin() {
        open++;
    }

    void end() {
        end(BlockError.NONE);
    }

    void end(BlockError stepError) {
        if (!error.isError()) {
            error = stepError;
        }
        if (--open == 0) {
            then.accept(error);
        }
    }

    void allBegun() {
        end();
    }
}
