/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.block.BlockRequest;
import org.netraid.integration.nbd.RealClient;
import org.netraid.nbd.client.NbdClientConfig;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.io.ControlClient;

/** Two mirrors between the same two daemons: loops and payload memory of both nodes are shared. */
@Tag("slow")
class FloodTest {

    private static final long SIZE = 16L << 20;
    private static final int FLOOD_BYTES = 256 << 10;
    private static final int FLOOD_DEPTH = 128;
    private static final int WRITES = 40;
    /** A write that waits for no more than what is queued before it at both nodes waits for twice the depth; loose, for busy machines. */
    private static final int MOST_OVERTAKING = 10 * FLOOD_DEPTH;

    @TempDir
    Path folder;

    private final AtomicBoolean flooding = new AtomicBoolean(true);
    private final AtomicInteger flooded = new AtomicInteger();
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();

    @Test
    void shouldServeAQuietMirrorWhileAnotherOneIsFlooded() throws Exception {
        try (ClusterRig rig = new ClusterRig(folder, SIZE, "adam", "eve");
                RealClient flood = new RealClient(NbdClientConfig.defaults());
                RealClient quiet = new RealClient(NbdClientConfig.defaults())) {
            rig.patient();
            rig.settings(otherMirror());
            rig.start("adam", "eve");
            rig.mustAct("adam", "create");
            ControlClient control = new ControlClient(rig.state("adam").resolve("control.sock"), 60_000_000_000L);
            assertThat(control.execute(MirrorCommand.of("quiet", MirrorActionType.CREATE, null)).code()).isEqualTo(ExitCode.DONE);
            rig.awaitInSync("adam");
            rig.await("the quiet mirror is in sync", () -> control.status("quiet").targets().get(0).state() == TargetState.IN_SYNC);
            assertThat(flood.tryOpen(rig.status("adam").exportUri())).isEmpty();
            assertThat(quiet.tryOpen(control.status("quiet").exportUri())).isEmpty();
            for (int i = 0; i < FLOOD_DEPTH; i++) {
                open.incrementAndGet();
                write(flood, new BlockRequest(), ByteBuffer.allocateDirect(FLOOD_BYTES), i);
            }
            rig.await("the flood flows", () -> flooded.get() > FLOOD_DEPTH);
            int before = flooded.get();
            byte[] data = new byte[4096];
            for (int i = 0; i < WRITES; i++) {
                java.util.Arrays.fill(data, (byte) (i + 1));
                quiet.write(i * 4096L, data, 0);
                assertThat(quiet.read(i * 4096L, data.length)).isEqualTo(data);
            }
            int meanwhile = flooded.get() - before;
            flooding.set(false);
            rig.await("the flood has ended", () -> open.get() == 0);
            System.out.println(meanwhile + " writes of the flood during " + WRITES + " writes and reads of the quiet mirror");
            assertThat(meanwhile).as("both are served").isPositive();
            assertThat(meanwhile / WRITES).as("writes of the flood served before one of the quiet mirror").isLessThan(MOST_OVERTAKING);
            assertThat(failed.get()).isZero();
            rig.mustAct("adam", "stop");
            assertThat(control.execute(MirrorCommand.of("quiet", MirrorActionType.STOP, null)).code()).isEqualTo(ExitCode.DONE);
            assertThat(Files.mismatch(rig.disk("adam"), rig.disk("eve"))).isEqualTo(-1);
            assertThat(Files.mismatch(folder.resolve("quiet-adam.img"), folder.resolve("quiet-eve.img"))).isEqualTo(-1);
        }
    }

    private void write(RealClient client, BlockRequest request, ByteBuffer data, int place) {
        long offset = (long) FLOOD_BYTES * (place % (int) (SIZE / FLOOD_BYTES));
        client.submit(request.write(offset, data.clear(), 0, ended -> {
            failed.addAndGet(ended.error().isError() ? 1 : 0);
            flooded.incrementAndGet();
            if (flooding.get()) {
                write(client, ended, data, place + 1);
            } else {
                open.decrementAndGet();
            }
        }));
    }

    private String otherMirror() throws IOException {
        StringBuilder text = new StringBuilder("[mirrors.quiet]\n");
        for (String node : new String[] {"adam", "eve"}) {
            Path image = folder.resolve("quiet-" + node + ".img");
            ClusterRig.makeDisk(image, SIZE);
            text.append("[[mirrors.quiet.members]]\nnode = \"").append(node).append("\"\ndisk = \"").append(image).append("\"\n");
        }
        return text.toString();
    }
}
