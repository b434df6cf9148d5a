/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.decide;

/**
 * What a node is to do, and why.
 *
 * @param action what
 * @param rule row of the table in {@code docs/failover.md}
 * @param source node that is or will be the source; "" if undecided
 * @param sentence why, for people, in one sentence
 * @param cure what would change it; "" if nothing needs to
 */
public record Decision(Action action, String rule, String source, String sentence, String cure) {

    /** What a node can be told to do. */
    public enum Action {
        /** Go in service here; the copy's generation goes on, and changes before the first write that a peer misses. */
        START,
        /** Go in service here in place of another: with a new generation that is durable before anything else. */
        TAKE_OVER,
        /** Stay in service. */
        KEEP,
        /** Leave service at once: another node has taken over, and nothing was written here since. */
        STEP_DOWN,
        /** Let {@link Decision#source} have this node's disk. */
        BECOME_TARGET,
        /** Not now: something that is expected soon decides. */
        WAIT,
        /** Stay out of service until an operator or another node acts; not an error. */
        STAY,
        /** Stay out of service: starting could lose data. */
        BLOCK,
        /** As BLOCK, and set {@code data_corrupt}. */
        BLOCK_DATA_CORRUPT
    }

    /** True if the mirror goes in service here. */
    public boolean starts() {
        return action == Action.START || action == Action.TAKE_OVER;
    }

    /** For logs and answers. */
    public String text() {
        return rule + ": " + sentence + (cure.isEmpty() ? "" : "; " + cure);
    }
}
