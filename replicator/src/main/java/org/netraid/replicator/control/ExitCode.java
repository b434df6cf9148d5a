/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.control;

/** How a command ended; the number is the exit status of {@code mirror_action}. */
public enum ExitCode {
    /** Done, or already so. */
    DONE(0),
    /** Wrong usage or an unknown action. */
    USAGE(1),
    /** No such mirror here. */
    NO_SUCH_MIRROR(2),
    /** A safety rule forbids it; the result names the rule. */
    REFUSED(3),
    /** A node or daemon cannot be reached. */
    UNREACHABLE(4),
    /** A disk, intent log or state folder failed. */
    DEVICE_ERROR(5),
    /** Another action is running. */
    BUSY(6),
    /** Not done within the time given. */
    TIMEOUT(7);

    private final int status;

    ExitCode(int status) {
        this.status = status;
    }

    public int status() {
        return status;
    }
}
