/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.fault.FaultPoints;

/** Every write and every flush of the log fails once: nothing is granted afterwards, and nothing is forgotten. */
class DeviceErrorTest {

    @Test
    void shouldGrantNothingAfterAnyFailedWrite() {
        failEvery(BlockCommand.WRITE, BlockError.EIO);
        failEvery(BlockCommand.WRITE, BlockError.ENOSPC);
    }

    @Test
    void shouldGrantNothingAfterAnyFailedFlush() {
        failEvery(BlockCommand.FLUSH, BlockError.EIO);
    }

    private static void failEvery(BlockCommand command, BlockError error) {
        for (int n = 0; n < 120; n++) {
            CrashWorkload workload = new CrashWorkload(n % 9, FaultPoints.NONE);
            workload.deviceMayFail = true;
            workload.rig.disk.fault().on(command).afterPassing(n).once().fail(error);
            workload.run(150);
        }
    }

    @Test
    void shouldGoOnInMemoryOnlyWhenThePolicySaysSoAndHasRecordedIt() {
        int degradations = 0;
        int reattachments = 0;
        for (BlockError error : new BlockError[] {BlockError.EIO, BlockError.ENOSPC}) {
            for (BlockCommand command : new BlockCommand[] {BlockCommand.WRITE, BlockCommand.FLUSH}) {
                for (int n = 0; n < 80; n++) {
                    CrashWorkload workload = new CrashWorkload(n % 9, FaultPoints.NONE);
                    workload.deviceMayFail = true;
                    workload.degrades = true;
                    workload.rig.disk.fault().on(command).afterPassing(n).times(1 + n % 3).fail(error);
                    workload.run(300);
                    degradations += workload.degradations;
                    reattachments += workload.reattachments;
                }
            }
        }
        assertThat(degradations).isGreaterThan(100);
        assertThat(reattachments).isGreaterThan(30);
    }

    @Test
    void shouldReportWhatFailedAndWhereWhenItCannotBeOpened() {
        LogRig rig = LogRig.small(1, 2).create();
        rig.close();
        rig.disk.fault().on(BlockCommand.WRITE).once().fail(BlockError.ENOSPC);
        rig.startOpen(rig.config);
        rig.sim.runUntil(() -> rig.openError != null, 100_000);
        assertThat(rig.log).isNull();
        assertThat(rig.openError).contains("a.intent").contains("cannot be opened").contains("ENOSPC");
    }

    @Test
    void shouldRefuseDeviceThatIsTooSmall() {
        LogRig rig = LogRig.small(1, 2);
        rig.startOpen(IntentLogConfig.of(LogRig.MIRROR, "node-a", 1L << 40));
        rig.sim.runUntil(() -> rig.openError != null, 100_000);
        assertThat(rig.openError).contains("bytes, needs");
    }
}
