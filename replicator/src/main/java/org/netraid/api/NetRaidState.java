/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.api;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.netraid.replicator.control.MirrorStatus;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.Role;

/**
 * What is worth telling when it changes; everything else is in {@link MirrorStatus}. What changes within one turn of the loop is told as
 * one change.
 *
 * @param tag the mirror
 * @param node this node
 * @param role what this node does for it; {@link Role#SOURCE}: in service, requests are served
 * @param diskState what the copy of this node is worth
 * @param sourceNode the node in service, as far as this one knows; ""
 * @param words state of the whole mirror for people, as in {@code mirror_status}
 * @param exportUri where the mirror is served by NBD; ""
 * @param modifications on the source: {@code running}, {@code waiting} or {@code refused}
 * @param localDisk on the source: {@code attached}, {@code detached} or {@code filling}
 * @param targets on the source: the state of each target, by name
 * @param blockedRule the rule that keeps this node out of service; ""
 * @param blockedReason why
 * @param cure what would change that
 */
public record NetRaidState(String tag, String node, Role role, DiskState diskState, String sourceNode, String words, String exportUri,
        String modifications, String localDisk, Map<String, TargetState> targets, String blockedRule, String blockedReason, String cure) {

    public NetRaidState {
        targets = Collections.unmodifiableMap(new TreeMap<>(targets));
    }

    /** The part of a status that is told. */
    public static NetRaidState of(MirrorStatus status) {
        TreeMap<String, TargetState> targets = new TreeMap<>();
        status.targets().forEach(target -> targets.put(target.node(), target.state()));
        return new NetRaidState(status.tag(), status.node(), status.role(), status.diskState(), status.sourceNode(), status.mirrorWords(),
                status.exportUri(), status.io().modifications(), status.io().localDisk(), targets, status.blockedRule(),
                status.blockedReason(), status.cure());
    }

    /** True if requests are served here. */
    public boolean isInService() {
        return role == Role.SOURCE;
    }
}
