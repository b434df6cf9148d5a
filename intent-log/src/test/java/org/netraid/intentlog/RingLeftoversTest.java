/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.intentlog.IntentLog.Recovery.Kind;
import org.netraid.sim.CrashMode;

/** A damaged block that one life of the ring has left must not be held against the next one. */
class RingLeftoversTest {

    private static final int PLACE = 5;
    private final LogRig rig = LogRig.small(3, 4);

    private void damage() {
        rig.disk.rot(rig.config.layout().ringOffset(PLACE) + 50, 1);
        rig.disk.rot(rig.config.layout().ringOffset(PLACE) + 4096 + 50, 1);
    }

    private void crashAfterAWrite() {
        rig.write(0, 4096, 0);
        rig.crash(CrashMode.POWER_CUT_ALL_LOST).open();
    }

    @Test
    void shouldForgetThemAfterACloseInOrder() {
        rig.create();
        rig.connectEqual(0);
        assertThat(rig.close()).isEqualTo(BlockError.NONE);
        damage();
        rig.crash(CrashMode.PROCESS_KILL).open();
        assertThat(rig.log.recovery().kind()).isEqualTo(Kind.CLEAN);
        crashAfterAWrite();
        assertThat(rig.log.recovery().kind()).as(rig.log.recovery().message()).isEqualTo(Kind.CRASHED);
    }

    @Test
    void shouldForgetThemWhenTheLogIsMadeAnew() {
        rig.create();
        rig.connectEqual(0);
        damage();
        crashAfterAWrite();
        assertThat(rig.log.recovery().kind()).isEqualTo(Kind.LOST);
        crashAfterAWrite();
        assertThat(rig.log.recovery().kind()).as(rig.log.recovery().message()).isEqualTo(Kind.CRASHED);
    }

    @Test
    void shouldForgetThemWhenADegradedLogGoesBackToItsDevice() {
        rig.create();
        rig.connectEqual(0);
        rig.log.onDeviceFailure((detail, recorded) -> rig.loop.execute(() -> recorded.onIntent(BlockError.NONE)));
        rig.disk.fault().on(BlockCommand.WRITE).once().fail(BlockError.EIO);
        rig.write(4L * LogRig.EXTENT, 4096, 0);
        assertThat(rig.log.degraded()).isNotEmpty();
        damage();
        LogRig.Result done = new LogRig.Result();
        rig.log.reattach(rig.attach(), done);
        assertThat(rig.await(done)).isEqualTo(BlockError.NONE);
        crashAfterAWrite();
        assertThat(rig.log.recovery().kind()).as(rig.log.recovery().message()).isEqualTo(Kind.CRASHED);
    }
}
