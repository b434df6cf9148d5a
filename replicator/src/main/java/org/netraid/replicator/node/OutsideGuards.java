/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.Map;
import java.util.TreeMap;
import org.netraid.replicator.config.QuorumSettings;
import org.netraid.replicator.quorum.CorosyncStatus;
import org.netraid.replicator.quorum.QuorumGuard;
import org.netraid.replicator.quorum.QuorumQuestion;

/** The engines outside that come with NetRAID: programs, called like hooks. */
final class OutsideGuards {

    private OutsideGuards() {
    }

    static QuorumGuard of(QuorumSettings.Kind kind, NodeEnvironment env) {
        return switch (kind) {
            case NONE, MAJORITY -> QuorumGuard.ALWAYS;
            case EMBEDDED -> env.quorum();
            case COMMAND -> (question, answer) -> env.hooks().run(HookRunner.QUORUM, environment(question),
                    result -> answer.accept(result.failure()));
            case COROSYNC -> (question, answer) -> env.hooks().run(HookRunner.COROSYNC_QUORUMTOOL, environment(question),
                    result -> answer.accept(CorosyncStatus.refusal(result.output(), result.failure())));
        };
    }

    private static Map<String, String> environment(QuorumQuestion question) {
        Map<String, String> environment = new TreeMap<>();
        environment.put("NETRAID_TAG", question.tag());
        environment.put("NETRAID_NODE", question.node());
        environment.put("NETRAID_MOMENT", question.moment().word());
        environment.put("NETRAID_UNREACHABLE", String.join(" ", question.unreachable()));
        return environment;
    }
}
