/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.api.NetRaid;
import org.netraid.api.NetRaidConfig;
import org.netraid.api.NetRaidDevice;
import org.netraid.api.NetRaidException;
import org.netraid.api.NetRaidListener;
import org.netraid.api.NetRaidState;
import org.netraid.block.BlockCompletion;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.example.daemon.ClusterDaemon;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.state.Role;

/** The embedding API: the example cluster daemon as processes, and the device in this one. */
@Tag("slow")
class EmbeddedClusterTest {

    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    private static JavaProcess daemon(ClusterRig rig, String node) throws IOException {
        return JavaProcess.start(rig.folder(), "example-" + node, List.of("-Xmx256m", "-ea"), ClusterDaemon.class, rig.config().toString(),
                node, ClusterRig.TAG, rig.folder().resolve("lease").toString());
    }

    private static JavaProcess patientDaemon(ClusterRig rig, String node) throws IOException {
        rig.patient();
        return daemon(rig, node);
    }

    private static long lastCount(JavaProcess daemon) {
        return daemon.out().lines().filter(line -> line.matches("count [0-9]+")).mapToLong(line -> Long.parseLong(line.substring(6)))
                .max().orElse(0);
    }

    @Test
    void shouldTakeOverAndGoOnCountingWhenTheActiveClusterDaemonIsKilled() throws IOException {
        try (ClusterRig rig = new ClusterRig(folder, 16 * MIB, "adam", "eve");
                JavaProcess adam = patientDaemon(rig, "adam")) {
            rig.await("adam counts", () -> lastCount(adam) > 0);
            try (JavaProcess eve = daemon(rig, "eve")) {
                rig.await("eve is in sync", () -> adam.out().contains("eve=IN_SYNC") && eve.out().contains("TARGET UP_TO_DATE"));
                long before = lastCount(adam);
                rig.await("adam goes on", () -> lastCount(adam) > before + 3);
                adam.kill();
                long acknowledged = lastCount(adam);
                rig.await("eve counts", () -> lastCount(eve) > acknowledged);
                long first = eve.out().lines().filter(line -> line.startsWith("count ")).mapToLong(line -> Long.parseLong(line
                        .substring(6))).min().orElseThrow();
                assertThat(first).as("every number once, none lost: %s", eve.out()).isBetween(acknowledged + 1, acknowledged + 2);
                eve.terminate();
                eve.awaitEnd();
                assertThat(eve.out()).contains("ended");
            }
        }
    }

    @Test
    void shouldServeTheMirrorAsADeviceAndTellOfEveryChange() throws Exception {
        try (ClusterRig rig = new ClusterRig(folder, 16 * MIB, "adam", "eve")) {
            assertThatThrownBy(() -> NetRaid.open(NetRaidConfig.ofFile(rig.config().toString(), "cain", "data")))
                    .isInstanceOf(NetRaidException.class).hasMessageContaining("no node cain");
            rig.patient();
            NetRaidDevice device = NetRaid.open(NetRaidConfig.ofFile(rig.config().toString(), "adam", "data"));
            List<NetRaidState> states = new CopyOnWriteArrayList<>();
            device.addListener(new NetRaidListener() {
                @Override
                public void onState(NetRaidState state) {
                    states.add(state);
                }
            });
            assertThat(end(device, new BlockRequest()::flush)).isEqualTo(BlockError.ESHUTDOWN);
            device.executeAndWait(MirrorCommand.of("data", MirrorActionType.CREATE, null));
            assertThat(device.geometry().sizeBytes()).isEqualTo(16 * MIB);
            rig.start("eve");
            rig.await("eve is in sync", () -> device.state().targets().get("eve") == TargetState.IN_SYNC);
            assertThat(rig.status("adam").role()).as("the control socket serves the commands as well").isEqualTo(Role.SOURCE);
            assertThat(end(device, done -> new BlockRequest().write(0, ByteBuffer.allocateDirect(4096), BlockRequest.FUA, done)))
                    .isEqualTo(BlockError.NONE);
            rig.kill("eve");
            rig.await("eve is lost", () -> device.state().targets().get("eve") == TargetState.UNKNOWN);
            assertThat(states).extracting(state -> state.role() + " " + state.targets()).containsSubsequence(
                    "SOURCE {eve=RESYNCING}", "SOURCE {eve=IN_SYNC}", "SOURCE {eve=UNKNOWN}");
            for (int i = 1; i < states.size(); i++) {
                assertThat(states.get(i)).as("only changes are told").isNotEqualTo(states.get(i - 1));
            }
            device.closeAndWait();
            assertThat(end(device, new BlockRequest()::flush)).isEqualTo(BlockError.ESHUTDOWN);
        }
    }

    private static BlockError end(NetRaidDevice device, Function<BlockCompletion, BlockRequest> request) throws Exception {
        CompletableFuture<BlockError> ended = new CompletableFuture<>();
        device.submit(request.apply(done -> ended.complete(done.error())));
        return ended.get(90, TimeUnit.SECONDS);
    }
}
