/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.control;

import java.util.List;

/**
 * Who decides with this node whether writes are acknowledged, and how that stands.
 *
 * @param kind {@code majority}, {@code command}, {@code corosync} or {@code embedded}; "" without a quorum
 * @param votesWithinReach votes of nodes that answer now, this one among them; 0 where nodes do not vote
 * @param votesNeeded a majority of all
 * @param votesInAll members with a daemon, and the tie-breaker
 * @param missing who does not answer
 * @param tieBreaker a voter without a copy; "" if there is none
 * @param lost why the node in service has no quorum; "" if it has, or is not in service
 * @param overridden forced into service; a majority has not agreed yet
 * @param agreedTo the node that this one has agreed to last, and in which generation; "" if to none
 */
public record QuorumStatus(String kind, int votesWithinReach, int votesNeeded, int votesInAll, List<String> missing, String tieBreaker,
        String lost, boolean overridden, String agreedTo) {

    public static final QuorumStatus NONE = new QuorumStatus("", 0, 0, 0, List.of(), "", "", false, "");

    public QuorumStatus {
        missing = missing == null ? List.of() : List.copyOf(missing);
    }
}
