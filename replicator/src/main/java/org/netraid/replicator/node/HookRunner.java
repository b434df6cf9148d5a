/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.List;
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

    /** Before a source goes on without a target, and before a node takes over from one it cannot reach; DRBD's exit codes. */
    String FENCE_PEER = "fence-peer";
    /** A split brain was found. */
    String SPLIT_BRAIN = "split-brain";
    /** A node in service has lost its quorum. */
    String QUORUM_LOST = "quorum-lost";
    /** The disk of a node in service has failed a request. */
    String LOCAL_IO_ERROR = "local-io-error";
    /** Asked whether the node may be in service: 0 for yes. */
    String QUORUM = "quorum";
    /** Corosync's tool, called with {@code -s}. */
    String COROSYNC_QUORUMTOOL = "corosync-quorumtool";

    /** Calls nothing. */
    HookRunner NONE = (hook, environment, done) -> done.accept(Result.NO_PROGRAM);

    /**
     * What became of a call.
     *
     * @param failure why it has failed, for people, with exit status and the last line of its output; "" if it has not
     * @param status its exit status; {@link #NO_STATUS} if there is none
     * @param output the first lines of what it printed
     */
    record Result(String failure, int status, List<String> output) {
        /** It was not called, could not be started, or was killed. */
        public static final int NO_STATUS = -1;
        /** Nothing is configured for the hook. */
        public static final Result NO_PROGRAM = new Result("");

        public Result {
            output = List.copyOf(output);
        }

        /** A result without status and output. */
        public Result(String failure) {
            this(failure, NO_STATUS, List.of());
        }

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
