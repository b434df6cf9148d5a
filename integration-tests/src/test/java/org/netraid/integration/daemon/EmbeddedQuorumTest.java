/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.api.NetRaid;
import org.netraid.api.NetRaidConfig;
import org.netraid.api.NetRaidDevice;
import org.netraid.api.NetRaidException;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.quorum.QuorumQuestion.Moment;
import org.netraid.replicator.state.Role;

/** What the public API says of quorum has its effect on a node in this process; the other nodes of its cluster never run. */
class EmbeddedQuorumTest {

    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    private ClusterRig rig;
    private NetRaidDevice device;
    /** What the program around the node says; "" is yes. */
    private volatile String verdict = "";
    private final List<Moment> asked = new CopyOnWriteArrayList<>();

    private NetRaidConfig configured(String mirror, String... nodes) throws Exception {
        rig = new ClusterRig(folder, 4 * MIB, nodes);
        rig.mirrorSettings(mirror);
        return NetRaidConfig.ofFile(rig.config().toString(), "adam", ClusterRig.TAG).withControlSocket(false);
    }

    private NetRaidConfig withProgram() throws Exception {
        return configured("quorum = \"embedded\"\n", "adam", "eve").withQuorum((question, answer) -> {
            assertThat(question.tag() + question.node() + question.unreachable()).isEqualTo("dataadam[eve]");
            asked.add(question.moment());
            answer.accept(verdict);
        });
    }

    @AfterEach
    void end() throws NetRaidException {
        device.closeAndWait();
        rig.close();
    }

    private CommandResult create() throws NetRaidException {
        return device.executeAndWait(MirrorCommand.of(ClusterRig.TAG, MirrorActionType.CREATE, null));
    }

    private CompletableFuture<BlockError> write() {
        CompletableFuture<BlockError> ended = new CompletableFuture<>();
        device.submit(new BlockRequest().write(0, ByteBuffer.allocateDirect(4096), 0, done -> ended.complete(done.error())));
        return ended;
    }

    @Test
    void shouldNotGoInServiceWhileTheProgramSaysNo() throws Exception {
        verdict = "another part of the cluster holds the lease";
        device = NetRaid.open(withProgram());
        CommandResult refused = create();
        assertThat(refused.code()).isEqualTo(ExitCode.REFUSED);
        assertThat(refused.ruleId()).isEqualTo("Q1");
        assertThat(refused.lines().get(0)).contains("another part of the cluster holds the lease");
        assertThat(device.status().role()).isNotEqualTo(Role.SOURCE);
        assertThat(asked).containsOnly(Moment.START);
        verdict = "";
        assertThat(create().code()).isEqualTo(ExitCode.DONE);
        assertThat(device.status().role()).isEqualTo(Role.SOURCE);
    }

    @Test
    void shouldHoldWritesBackUntilTheProgramSaysYesAgain() throws Exception {
        device = NetRaid.open(withProgram());
        assertThat(create().code()).isEqualTo(ExitCode.DONE);
        assertThat(write().get(60, TimeUnit.SECONDS)).isEqualTo(BlockError.NONE);
        verdict = "the lease is lost";
        rig.await("the node is told", () -> device.status().io().modifications().equals("waiting"));
        assertThat(device.status().io().reasons()).hasSize(1).first().asString().contains("the lease is lost");
        CompletableFuture<BlockError> held = write();
        rig.await("the write waits", () -> device.status().io().waiting() == 1);
        assertThat(held).isNotDone();
        verdict = "";
        assertThat(held.get(60, TimeUnit.SECONDS)).isEqualTo(BlockError.NONE);
    }

    @Test
    void shouldRefuseWhatNobodyAnswersFor() throws Exception {
        device = NetRaid.open(configured("quorum = \"embedded\"\n", "adam", "eve"));
        CommandResult refused = create();
        assertThat(refused.ruleId()).isEqualTo("Q1");
        assertThat(refused.lines().get(0)).contains("quorum is \"embedded\"");
    }

    @Test
    void shouldRefuseToStartWithoutAMajorityOfTheNodes() throws Exception {
        device = NetRaid.open(configured("quorum = \"majority\"\n", "adam", "eve", "seth"));
        CommandResult refused = create();
        assertThat(refused.code()).isEqualTo(ExitCode.REFUSED);
        assertThat(refused.ruleId()).isEqualTo("Q1");
        assertThat(refused.lines().get(0)).contains("1 of 3 votes, 2 are needed");
        assertThat(device.status().role()).isNotEqualTo(Role.SOURCE);
    }
}
