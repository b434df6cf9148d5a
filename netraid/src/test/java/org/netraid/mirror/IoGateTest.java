/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;

class IoGateTest {

    private static final int MIB = 1 << 20;

    private static MirrorAction noted(MirrorRig rig, String what) {
        return (error, detail) -> rig.events.add(what + " " + error);
    }

    @Test
    void shouldHoldUntilTheLastReasonIsLifted() {
        MirrorRig rig = new MirrorRig(1, 8 * MIB, 1).startEqual();
        rig.mirror.suspend(IoReason.OPERATOR, "a snapshot", noted(rig, "operator"));
        rig.mirror.suspend(IoReason.QUORUM, "alone", noted(rig, "quorum"));
        MirrorRig.Io held = rig.write(0, 4096, 1);
        rig.run();
        assertThat(rig.events).contains("operator NONE", "quorum NONE");
        assertThat(rig.mirror.ioReasons()).isEqualTo(Map.of(IoReason.OPERATOR, "a snapshot", IoReason.QUORUM, "alone"));
        rig.mirror.resume(IoReason.OPERATOR);
        rig.mirror.resume(IoReason.LEAVING);
        rig.run();
        assertThat(held.done).as("the quorum is still lost").isFalse();
        assertThat(rig.mirror.state()).isEqualTo(MirrorState.SUSPENDED);
        rig.mirror.resume(IoReason.QUORUM);
        rig.run();
        assertThat(held.isOk()).isTrue();
        assertThat(rig.mirror.state()).isEqualTo(MirrorState.RUNNING);
        rig.assertEqualCopies();
    }

    @Test
    void shouldEndWithTheReasonsWordsWhatIsRefusedAndWhatWaited() {
        MirrorRig rig = new MirrorRig(2, 8 * MIB, 1).startEqual();
        rig.mirror.suspend(IoReason.QUORUM, "alone", noted(rig, "quorum"));
        MirrorRig.Io held = rig.write(0, 4096, 1);
        rig.run();
        rig.mirror.refuse(IoReason.QUORUM, "alone for too long");
        MirrorRig.Io refused = rig.write(4096, 4096, 2);
        MirrorRig.Io flush = rig.flush();
        MirrorRig.Io read = rig.read(0, 4096);
        rig.run();
        assertThat(held.error).isEqualTo(BlockError.EIO);
        assertThat(refused.error).isEqualTo(BlockError.EIO);
        assertThat(refused.detail).contains("alone for too long");
        assertThat(flush.error).isEqualTo(BlockError.EIO);
        assertThat(read.isOk()).isTrue();
        rig.mirror.resume(IoReason.QUORUM);
        assertThat(rig.finish(rig.write(4096, 4096, 3)).isOk()).isTrue();
        rig.assertEqualCopies();
    }

    @Test
    void shouldKeepHoldingForTheOperatorWhenARefusalEnds() {
        MirrorRig rig = new MirrorRig(3, 8 * MIB, 1).startEqual();
        rig.mirror.suspend(IoReason.OPERATOR, "a snapshot", noted(rig, "operator"));
        rig.mirror.refuse(IoReason.QUORUM, "alone");
        rig.mirror.resume(IoReason.QUORUM);
        MirrorRig.Io held = rig.write(0, 4096, 1);
        rig.run();
        assertThat(held.done).isFalse();
        rig.mirror.resume(IoReason.OPERATOR);
        rig.run();
        assertThat(held.isOk()).isTrue();
    }

    @Test
    void shouldReachAConsistentPointThoughAnAsyncTargetLags() {
        MirrorRig rig = new MirrorRig(4, 8 * MIB, 1);
        rig.protocols = "A";
        rig.timeoutNs = 1_000_000_000_000L;
        rig.startEqual();
        rig.targets.get(0).fault().on(BlockCommand.WRITE).hang();
        rig.finish(rig.write(0, 4096, 1));
        rig.mirror.suspend(IoReason.OPERATOR, "a snapshot", noted(rig, "operator"));
        assertThat(rig.scheduler.runUntil(() -> rig.events.contains("operator NONE"), MirrorRig.STEPS)).isTrue();
        assertThat(rig.localDisk.durableContent(0, 4096)).containsOnly(1);
    }
}
