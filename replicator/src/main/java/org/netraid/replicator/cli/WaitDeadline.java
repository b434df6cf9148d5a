/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.cli;

import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.io.ControlException;

/** The time that a command with {@code --wait} has, and the pauses between its looks at the status. */
final class WaitDeadline {

    private static final long POLL_MS = 100;

    private final long endNs;

    WaitDeadline(double seconds) {
        endNs = System.nanoTime() + (long) (seconds * 1e9);
    }

    /**
     * Waits until it is time to look again.
     *
     * @throws ControlException TIMEOUT with the given text if the time is over, or if this thread is interrupted
     */
    void pause(String timeoutText) throws ControlException {
        if (System.nanoTime() >= endNs) {
            throw new ControlException(ExitCode.TIMEOUT, timeoutText);
        }
        try {
            Thread.sleep(POLL_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ControlException(ExitCode.TIMEOUT, "interrupted");
        }
    }
}
