/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.io.Units;
import org.netraid.resync.ResyncConfig;
import org.netraid.resync.ResyncManager;

/** {@code mirror_action TAG speed}: the limits of the resyncs' rate, live. */
final class ResyncSpeed {

    private ResyncSpeed() {
    }

    static CommandResult apply(ResyncManager resyncs, MirrorCommand command) {
        ResyncConfig now = resyncs.config();
        long max;
        long min;
        try {
            max = command.number(MirrorCommand.MAX);
            min = command.number(MirrorCommand.MIN);
        } catch (IllegalArgumentException e) {
            return CommandResult.failed(ExitCode.USAGE, "", e.getMessage());
        }
        boolean changes = max >= 0 || min >= 0;
        max = max < 0 ? now.maxBytesPerSecond() : max;
        // A new ceiling alone takes the lowest rate down with it.
        min = min >= 0 ? min : max == 0 ? now.minBytesPerSecond() : Math.min(max, now.minBytesPerSecond());
        if (max > 0 && min > max) {
            return CommandResult.failed(ExitCode.USAGE, "", "the lowest rate, " + perSecond(min) + ", is above the highest, "
                    + perSecond(max));
        }
        if (changes) {
            resyncs.rates(max, min);
        }
        return CommandResult.done("a resync of " + command.tag() + " takes up to " + perSecond(min) + " beside the application and "
                + (max == 0 ? "all that disk and link give" : "never more than " + perSecond(max))
                + (changes ? ", until the mirror is started anew; resync_max and resync_min in the configuration stay" : ""));
    }

    private static String perSecond(long bytes) {
        return Units.ofBytes(bytes) + "/s";
    }
}
