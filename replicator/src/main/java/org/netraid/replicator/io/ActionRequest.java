/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.io;

import java.util.List;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;

/**
 * Body of {@code POST /v1/mirrors/TAG/actions}; the fields are those of {@link MirrorCommand} without the tag.
 *
 * @param action word of the action, as on the command line
 * @param source node the command is for; null: the node of the socket
 */
record ActionRequest(String action, String source, List<String> targets, boolean dryRun, boolean acceptInconsistentData,
        boolean assumeClean, List<String> options) {

    /** Far more than a mirror has members. */
    private static final int MAX_TARGETS = 64;

    static ActionRequest of(MirrorCommand command) {
        return new ActionRequest(command.action().word(), command.source(), command.targets(), command.dryRun(),
                command.acceptInconsistentData(), command.assumeClean(), command.options());
    }

    /** @throws IllegalArgumentException if the action is unknown */
    MirrorCommand toCommand(String tag) {
        MirrorActionType type = MirrorActionType.ofWord(action == null ? "" : action)
                .orElseThrow(() -> new IllegalArgumentException("unknown action \"" + action + "\""));
        if (targets.size() > MAX_TARGETS) {
            throw new IllegalArgumentException(targets.size() + " targets are more than a mirror can have");
        }
        if (options.size() > MAX_TARGETS) {
            throw new IllegalArgumentException(options.size() + " options are more than there are");
        }
        return new MirrorCommand(tag, type, source, targets, dryRun, acceptInconsistentData, assumeClean, options);
    }
}
