/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.cli;

import java.io.PrintStream;
import java.util.List;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.MirrorStatus;
import org.netraid.replicator.control.VerifyStatus;
import org.netraid.replicator.io.ControlClient;
import org.netraid.replicator.io.ControlException;

/** Waits for the verify that a command has started, and prints its report. */
final class VerifyWait {

    private VerifyWait() {
    }

    /**
     * @return DONE if nothing differs, or all that did is repaired; DEVICE_ERROR if something does, or was not compared
     * @throws ControlException TIMEOUT if it has not ended in time
     */
    static ExitCode until(ControlClient client, MirrorCommand command, double seconds, PrintStream out, PrintStream err)
            throws ControlException {
        WaitDeadline deadline = new WaitDeadline(seconds);
        while (true) {
            MirrorStatus status = client.status(command.tag());
            List<VerifyStatus> meant = status.verifies().stream().filter(verify -> !verify.state().equals(VerifyStatus.NEVER)
                    && (command.targets().isEmpty() || command.targets().contains(verify.node()))).toList();
            if (meant.isEmpty()) {
                throw new ControlException(ExitCode.REFUSED, status.tag() + " is not in service on " + status.node()
                        + "; mirror_status on the source shows its verifies");
            }
            if (meant.stream().noneMatch(VerifyStatus::running)) {
                return print(meant, out, err);
            }
            deadline.pause("not ended in time; it goes on, mirror_status " + command.tag() + " shows it");
        }
    }

    private static ExitCode print(List<VerifyStatus> ended, PrintStream out, PrintStream err) {
        ExitCode code = ExitCode.DONE;
        for (VerifyStatus verify : ended) {
            boolean good = verify.chunksLeftDiffering() == 0 && verify.chunksSkipped() == 0 && verify.state().equals(VerifyStatus.DONE);
            VerifyText.report(verify, Integer.MAX_VALUE).forEach((good ? out : err)::println);
            code = good ? code : ExitCode.DEVICE_ERROR;
        }
        return code;
    }
}
