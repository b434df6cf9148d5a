/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.decide;

import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.Role;

/**
 * One member of a mirror, as far as it is known.
 *
 * @param node its name
 * @param reachable it answers now; of an unreachable one nothing else is believed
 * @param role what it is doing now
 * @param record its durable record; {@link MirrorRecord#NEW} if it is not reachable
 */
public record NodeFacts(String node, boolean reachable, Role role, MirrorRecord record) {

    public static NodeFacts unreachable(String node) {
        return new NodeFacts(node, false, Role.STOPPED, MirrorRecord.NEW);
    }

    /** True if it answers and is the source. */
    public boolean isInService() {
        return reachable && role == Role.SOURCE;
    }
}
