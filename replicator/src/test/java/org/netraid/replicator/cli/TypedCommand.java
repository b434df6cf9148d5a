/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.cli;

import java.util.ArrayList;
import java.util.List;
import org.netraid.replicator.control.MirrorCommand;

/** Reads the words of a command as {@code mirror_action} does, for tests without its process. */
public final class TypedCommand {

    private TypedCommand() {
    }

    public static MirrorCommand parse(String tag, String... words) {
        List<String> all = new ArrayList<>(List.of(tag));
        all.addAll(List.of(words));
        try {
            return MirrorAction.command(MirrorAction.parse(all.toArray(String[]::new)));
        } catch (UsageException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }
}
