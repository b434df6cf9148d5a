/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.quorum;

import java.util.function.Consumer;

/**
 * An engine outside NetRAID that knows which part of a split cluster may write: Corosync, a program, or the daemon that embeds the node.
 * Its promise: of two nodes that do not reach each other it never says yes to both. A node asks before it goes in service, before it
 * acknowledges the first write that a target misses, and regularly in between.
 */
public interface QuorumGuard {

    /** Says yes to everything. */
    QuorumGuard ALWAYS = (question, answer) -> answer.accept("");

    /** There is nothing that could answer. */
    QuorumGuard ABSENT = (question, answer) -> answer.accept("quorum is \"embedded\", but this daemon runs in no program that could "
            + "answer");

    /**
     * Asks. What does not answer in time must answer no.
     *
     * @param answer told once, on the node's loop, perhaps inside this call: "" for yes, else why not, for people
     */
    void ask(QuorumQuestion question, Consumer<String> answer);
}
