/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import org.netraid.replicator.decide.Decision;
import org.netraid.replicator.decide.Request;
import org.netraid.replicator.state.Role;

/**
 * What a start here would answer now. {@code mirror_status}, {@code explain}, the log and {@code --dry-run} all have it from here, so that
 * none of them advises what another says is refused.
 */
final class StartAdvice {

    private StartAdvice() {
    }

    /** The table does not know of votes: a start without a majority within reach would be refused when it asks for them. */
    static Decision of(VolumeAgent agent, Request request) {
        return withQuorum(agent, agent.decide(request), request);
    }

    static Decision withQuorum(VolumeAgent agent, Decision decision, Request request) {
        String lack = decision.starts() && !request.isForce() && agent.quorum().votes() ? agent.quorum().lack() : "";
        if (lack.isEmpty()) {
            return decision;
        }
        ServiceClaims.Refusal refusal = ServiceClaims.Refusal.noQuorum(lack, agent.node());
        return new Decision(Decision.Action.STAY, refusal.rule(), "", refusal.text(), refusal.cure());
    }

    /** A start here, as {@code explain} says it. */
    static String text(Decision start) {
        return "start here " + (start.starts() ? "is possible: " : "is refused: ") + start.text();
    }

    /**
     * The decision with a cure that works: what the table says of a node that waits by itself is to start it, whether or not the table
     * would let that happen now.
     */
    static Decision honest(VolumeAgent agent, Decision decision) {
        if (agent.role() == Role.SOURCE || decision.starts() || decision.cure().isEmpty()) {
            return decision;
        }
        Decision start = of(agent, Request.START);
        return start.starts() || start.cure().equals(decision.cure()) ? decision
                : new Decision(decision.action(), decision.rule(), decision.source(), decision.sentence(), text(start));
    }
}
