/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.Map;
import java.util.function.Consumer;

/** Calls an operator's programs. The real one starts processes; the simulator's is a script. */
public interface HookRunner {

    /** On a target, before a resync overwrites anything: an exit status other than 0 stops the resync. The place for a snapshot. */
    String BEFORE_RESYNC_TARGET = "before-resync-target";
    /** On a target that is in sync again. */
    String AFTER_RESYNC_TARGET = "after-resync-target";
    /** On a source whose verify has found differences. */
    String OUT_OF_SYNC = "out-of-sync";

    /** Calls nothing. */
    HookRunner NONE = (hook, environment, done) -> done.accept(Result.NO_PROGRAM);

    /**
     * What became of a call.
     *
     * @param failure why it has failed, for people, with exit status and the last line of its output; "" if it has not
     */
    record Result(String failure) {
        /** Nothing is configured for the hook. */
        public static final Result NO_PROGRAM = new Result("");

        public boolean isFailure() {
            return !failure.isEmpty();
        }
    }

    /**
     * Calls the hook's program, if there is one.
     *
     * @param environment variables for it, {@code NETRAID_...}
     * @param done told once, on the node's loop, perhaps inside this call
     */
    void run(String hook, Map<String, String> environment, Consumer<Result> done);
}
