/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.ReplicationStatus;

/** {@code mirror_action TAG protocol}: at once, for the targets named, and over restarts. */
class ProtocolNodeTest {

    private SimCluster cluster;

    private void begin() {
        cluster = new SimCluster(1, -1, "a", "b", "c");
        cluster.bootAll();
        cluster.run(1000);
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b");
        cluster.awaitInSync("a", "c");
    }

    private CommandResult protocol(String word, String... targets) {
        return cluster.command("a", new MirrorCommand(SimCluster.TAG, MirrorActionType.PROTOCOL, null, List.of(targets), false, false,
                false, List.of(word)));
    }

    private ReplicationStatus replication(String target) {
        return cluster.target("a", target).replication();
    }

    @Test
    void shouldChangeTheProtocolOfOneTargetWhileTheMirrorRunsAndKeepItOverARestart() {
        begin();
        cluster.write("a", 1, 7);
        assertThat(replication("b").protocol()).isEqualTo("C");
        CommandResult done = protocol("A", "b");
        assertThat(done.code()).isEqualTo(ExitCode.DONE);
        assertThat(done.lines()).containsExactly("b has protocol A (asynchronous) from the next write on");
        assertThat(replication("b").protocol()).isEqualTo("A");
        assertThat(replication("b").meaning()).as("our own server helps").contains("x-netraid:order");
        assertThat(replication("c").meaning()).isEqualTo("done when written by the target");
        assertThat(cluster.target("a", "b").type()).isEqualTo("Asynchronous");
        assertThat(replication("c").protocol()).as("not named").isEqualTo("C");
        cluster.write("a", 2, 8);

        cluster.shutdown("a");
        cluster.boot("a");
        cluster.awaitInSync("a", "b");
        assertThat(replication("b").protocol()).isEqualTo("A");
        cluster.write("a", 3, 9);
        assertThat(protocol("default").lines()).hasSize(2).allSatisfy(line -> assertThat(line).endsWith("as the configuration says"));
        assertThat(replication("b").protocol()).isEqualTo("C");
        cluster.write("a", 4, 10);
        cluster.shutdown("a");
        cluster.assertEqual("a", "b");
        cluster.assertEqual("a", "c");
    }

    @Test
    void shouldHandOverWithoutAResyncFromAnAsynchronousSource() {
        begin();
        protocol("A");
        for (int i = 0; i < 20; i++) {
            cluster.write("a", i, i + 1);
        }
        assertThat(cluster.command("a", MirrorCommand.of(SimCluster.TAG, MirrorActionType.SWITCHOVER, "a", "b")).code())
                .isEqualTo(ExitCode.DONE);
        cluster.awaitInSync("b", "a");
        cluster.assertEqual("a", "b");
        assertThat(cluster.target("b", "a").replication().protocol()).as("each node has its own").isEqualTo("C");
    }

    @Test
    void shouldRefuseAProtocolThatDoesNotExist() {
        begin();
        assertThat(protocol("D").code()).isEqualTo(ExitCode.USAGE);
        assertThat(protocol("D").lines()).containsExactly("protocol needs one of A, B, C, default");
    }
}
