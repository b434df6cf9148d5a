/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * One mirror: up to 8 members, of which one at a time is the source.
 *
 * @param tag DataKeeper's word for its name; see {@link Tags}
 * @param sizeBytes size of the mirrored device; 0: the size of the source's disk when the mirror is created
 * @param protocol when a write is complete, for members that do not say it themselves: "A", "B" or "C"
 * @param members in order of priority, lowest first; foreign members last
 * @param intentLog settings of the intent log
 * @param targets settings of the connections to targets
 * @param resync settings of the resync
 * @param failover settings of the decision who may start
 * @param upkeep settings of verify and of what is done around a resync
 */
public record MirrorConfig(String tag, long sizeBytes, String protocol, List<MemberConfig> members,
        IntentLogSettings intentLog, TargetSettings targets, ResyncSettings resync, FailoverSettings failover,
        UpkeepSettings upkeep) {

    /** One source and seven targets. */
    public static final int MAX_MEMBERS = 8;

    public MirrorConfig {
        String fault = Tags.fault(tag);
        if (fault != null) {
            throw new IllegalArgumentException(fault);
        }
        if (sizeBytes < 0 || sizeBytes % 512 != 0) {
            throw new IllegalArgumentException("mirror " + tag + ": size " + sizeBytes + " is not a multiple of 512 bytes");
        }
        Checks.protocol("mirror " + tag, protocol);
        members = members.stream().sorted(Comparator.comparingInt(MemberConfig::priority)).toList();
        Checks.unique("mirror " + tag + ": member on node", members.stream().map(MemberConfig::node).toList());
        if (members.isEmpty() || members.size() > MAX_MEMBERS) {
            throw new IllegalArgumentException("mirror " + tag + " has " + members.size() + " members; 1 to " + MAX_MEMBERS
                    + " are possible (one source, up to 7 targets)");
        }
        if (!failover.quorum().tieBreaker().isEmpty() && members.stream().filter(member -> !member.isForeign()).count() % 2 == 1) {
            throw new IllegalArgumentException("mirror " + tag + ": an odd number of nodes has a majority without tie_breaker "
                    + failover.quorum().tieBreaker() + "; it is for an even number");
        }
        if (members.stream().allMatch(MemberConfig::isForeign)) {
            throw new IllegalArgumentException("mirror " + tag + " has no member with a disk that could be its source");
        }
    }

    /** A mirror with default upkeep. */
    public MirrorConfig(String tag, long sizeBytes, String protocol, List<MemberConfig> members, IntentLogSettings intentLog,
            TargetSettings targets, ResyncSettings resync, FailoverSettings failover) {
        this(tag, sizeBytes, protocol, members, intentLog, targets, resync, failover, UpkeepSettings.DEFAULT);
    }

    /** A mirror with default settings. */
    public static MirrorConfig of(String tag, MemberConfig... members) {
        return new MirrorConfig(tag, 0, "C", List.of(members), IntentLogSettings.DEFAULT, TargetSettings.DEFAULT,
                ResyncSettings.DEFAULT, FailoverSettings.DEFAULT);
    }

    public MirrorConfig withMembers(List<MemberConfig> value) {
        return new MirrorConfig(tag, sizeBytes, protocol, value, intentLog, targets, resync, failover, upkeep);
    }

    public Optional<MemberConfig> member(String node) {
        return members.stream().filter(member -> member.node().equals(node)).findFirst();
    }
}
