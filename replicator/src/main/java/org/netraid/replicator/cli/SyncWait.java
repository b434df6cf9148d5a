/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.cli;

import java.util.List;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorStatus;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.control.TargetStatus;
import org.netraid.replicator.io.ControlClient;
import org.netraid.replicator.io.ControlException;
import org.netraid.replicator.state.Role;

/** Waits until targets are in sync. */
final class SyncWait {

    /** The status lags a moment behind the command, and still shows what it has just ended, such as a split brain. */
    private static final long HOPELESS_AFTER_NS = 3_000_000_000L;

    private SyncWait() {
    }

    /**
     * @param targets empty: all
     * @throws ControlException TIMEOUT if they are not in time, REFUSED if they cannot become so without an operator
     */
    static void until(ControlClient client, String tag, List<String> targets, double seconds) throws ControlException {
        WaitDeadline deadline = new WaitDeadline(seconds);
        long hopefulNs = System.nanoTime();
        while (true) {
            MirrorStatus status = client.status(tag);
            if (isDone(status, targets)) {
                return;
            }
            ControlException hopeless = hopeless(status, targets);
            if (hopeless == null) {
                hopefulNs = System.nanoTime();
            } else if (System.nanoTime() - hopefulNs >= HOPELESS_AFTER_NS) {
                throw hopeless;
            }
            deadline.pause("not in sync after " + (seconds == Math.rint(seconds) ? Long.toString((long) seconds) : Double.toString(seconds))
                    + " s; it goes on, mirror_status " + tag + " shows it");
        }
    }

    static boolean isDone(MirrorStatus status, List<String> targets) {
        return status.role() == Role.SOURCE
                && status.targets().stream().filter(target -> targets.isEmpty() || targets.contains(target.node()))
                        .allMatch(target -> target.state() == TargetState.IN_SYNC)
                || status.role() == Role.TARGET && status.diskState() == org.netraid.replicator.state.DiskState.UP_TO_DATE;
    }

    /** Why the targets cannot become in sync without an operator; null if they can. */
    private static ControlException hopeless(MirrorStatus status, List<String> targets) {
        if (!status.blockedRule().isEmpty()) {
            return new ControlException(ExitCode.REFUSED, status.blockedRule() + ": " + status.blockedReason() + "\n" + status.cure());
        }
        for (TargetStatus target : status.targets()) {
            if (target.state() == TargetState.SPLIT_BRAIN && (targets.isEmpty() || targets.contains(target.node()))) {
                return new ControlException(ExitCode.REFUSED, "target " + target.node() + " has a split brain: " + target.lastError());
            }
        }
        return null;
    }
}
