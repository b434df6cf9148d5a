/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.decide;

import java.util.List;
import org.netraid.replicator.state.Role;

/** Whether a node agrees that another one goes in service now: one at a time. */
public final class ClaimRules {

    private ClaimRules() {
    }

    /**
     * Who wants to go in service.
     *
     * @param node its name
     * @param lastOwner its flag
     * @param forced an operator forces it
     * @param handedOverBy who has just stopped in order for it; "" if nobody has
     */
    public record Claim(String node, boolean lastOwner, boolean forced, String handedOverBy) {
    }

    /**
     * The node that is asked.
     *
     * @param node its name
     * @param lastOwner its flag
     * @param role its role
     * @param asks it has claimed to go in service and has not all answers yet
     * @param granted everybody has agreed to its own claim, and it is on its way
     * @param promisedTo who it has agreed to; "" if nobody
     * @param source whose target it is; "" if nobody's
     * @param sourceIsSeen that source answers, and is in service
     */
    public record Asked(String node, boolean lastOwner, Role role, boolean asks, boolean granted, String promisedTo, String source,
            boolean sourceIsSeen) {
    }

    /** Why it does not agree; "" if it does. */
    public static String refusal(Asked self, Claim from) {
        if (self.role() == Role.SOURCE) {
            return self.node() + " is in service itself";
        }
        if (self.granted() || self.asks() && precedes(self, from)) {
            return self.node() + " goes in service itself at this moment";
        }
        if (!self.promisedTo().isEmpty() && !self.promisedTo().equals(from.node())) {
            return self.node() + " has agreed that " + self.promisedTo() + " goes in service at this moment";
        }
        boolean seesSource = self.role() == Role.TARGET && self.sourceIsSeen();
        boolean another = !self.source().equals(from.node()) && !self.source().equals(from.handedOverBy());
        return seesSource && another && !from.forced() ? self.source() + " is alive and in service, as " + self.node()
                + ", its target, sees" : "";
    }

    /** Who has gone in service while this node was on its way there and could not ask it; "" if nobody has, as far as is seen now. */
    public static String overtakenBy(List<NodeFacts> others) {
        return others.stream().filter(NodeFacts::isInService).map(NodeFacts::node).findFirst().orElse("");
    }

    private static boolean precedes(Asked self, Claim from) {
        return self.lastOwner() == from.lastOwner() ? self.node().compareTo(from.node()) < 0 : self.lastOwner();
    }
}
