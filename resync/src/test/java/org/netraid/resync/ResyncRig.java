/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.netraid.block.BlockCommand;
import org.netraid.mirror.LegState;
import org.netraid.mirror.MirrorRig;
import org.netraid.mirror.TargetCopy;
import org.netraid.sim.DiskObserver;
import org.netraid.sim.SimDisk;

/** A simulated mirror whose targets are brought back in sync, with markers in memory that outlive the source. */
final class ResyncRig implements TargetMarker {

    static final long MIB = MirrorRig.MIB;
    static final int CHUNK = 64 << 10;

    final MirrorRig rig;
    final boolean[] inconsistent = new boolean[7];
    final List<String> marks = new ArrayList<>();
    ResyncConfig config = ResyncConfig.DEFAULT;
    ResyncManager manager;
    /** Answers of the targets to a mark; empty for yes. */
    String refusal = "";

    ResyncRig(MirrorRig rig) {
        this.rig = rig;
    }

    ResyncRig startEqual() {
        rig.startEqual();
        manage();
        return this;
    }

    void manage() {
        manager = new ResyncManager(rig.mirror, rig.log, this, config, rig.loop, rig.faults);
    }

    /** First life with nothing known of the targets. */
    ResyncRig startUnknown() {
        rig.boot(true);
        rig.makeMirror();
        manage();
        for (int slot = 0; slot < rig.targets.size(); slot++) {
            rig.addLeg(slot);
        }
        return this;
    }

    /** A new life of the source on what is left on its disks; all targets connect again. */
    void restartSource() {
        rig.boot(false);
        rig.makeMirror();
        manage();
        for (int slot = 0; slot < rig.targets.size(); slot++) {
            rig.addLeg(slot);
            connect(slot);
        }
    }

    void connect(int slot) {
        assertThat(rig.mirror.connectLeg(slot, rig.targets.get(slot).attach(rig.loop), TargetCopy.foreign(!inconsistent[slot]))).isEmpty();
    }

    ResyncProgress progress(int slot) {
        return manager.progress(slot).orElseThrow();
    }

    void assertInSyncAndEqual() {
        for (int slot = 0; slot < rig.targets.size(); slot++) {
            assertThat(rig.mirror.legState(slot)).as("leg %d, %s", slot, manager.progress(slot)).isEqualTo(LegState.IN_SYNC);
            assertThat(inconsistent[slot]).isFalse();
            assertThat(rig.log.dirtyChunks(slot)).isZero();
        }
        rig.assertEqualCopies();
    }

    /** Fails the test if anything changes on a target that is not durably marked inconsistent (from now on). */
    void watchForUnmarkedWrites(int slot) {
        rig.targets.get(slot).observe(new DiskObserver() {
            @Override
            public void beforeApply(SimDisk disk, BlockCommand command, long offsetBytes, long lengthBytes) {
                if (command.modifies() && rig.mirror.legState(slot) != LegState.IN_SYNC) {
                    assertThat(inconsistent[slot]).as("%s of %s before the mark", command, disk).isTrue();
                }
            }
        });
    }

    @Override
    public void markInconsistent(int slot, Done done) {
        mark(slot, true, done);
    }

    @Override
    public void markInSync(int slot, Done done) {
        mark(slot, false, done);
    }

    private void mark(int slot, boolean value, Done done) {
        rig.scheduler.after(3_000_000, "mark", () -> {
            if (refusal.isEmpty()) {
                inconsistent[slot] = value;
                marks.add(slot + (value ? " inconsistent" : " in sync"));
            }
            rig.loop.execute(() -> done.onMarked(refusal));
        });
    }
}
