/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.MirrorStatus;
import org.netraid.replicator.state.Role;

/** Status, explain, the dry run and the start itself say the same of a start. */
class StartAdviceTest {

    private SimCluster cluster;

    private void inSync() {
        cluster = new SimCluster(5, -1, "a", "b");
        cluster.bootAll();
        cluster.run(500);
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b");
        cluster.write("a", 1, 1);
    }

    /** Status shows the words of explain, and they are those of the refusal. */
    private void assertAgree(String node, boolean startWorks) {
        MirrorStatus status = cluster.box(node).status();
        List<String> explained = cluster.command(node, MirrorActionType.EXPLAIN, null).lines();
        CommandResult dry = cluster.command(node, new MirrorCommand(SimCluster.TAG, MirrorActionType.START, null, List.of(), true, false,
                false));
        assertThat(dry.lines().get(0)).startsWith(startWorks ? "would start: " : "would not start: ");
        String start = explained.stream().filter(line -> line.startsWith("start here is ")).findFirst().orElseThrow();
        assertThat(start).startsWith(startWorks ? "start here is possible: " : "start here is refused: ");
        assertThat(start.substring(start.indexOf(": "))).as("explain and dry run").isEqualTo(dry.lines().get(0)
                .substring(dry.lines().get(0).indexOf(": ")));
        if (startWorks) {
            assertThat(status.cure()).contains("mirror_action data start");
        } else {
            assertThat(status.cure()).as("status and explain").isEqualTo(start);
            assertThat(explained.get(0)).doesNotContain("mirror_action data start");
        }
    }

    @Test
    void shouldNotAdviseAStartThatIsRefused() {
        inSync();
        cluster.kill("a");
        cluster.kill("b");
        cluster.boot("b");
        cluster.awaitBlocked("b", "D4");
        cluster.run(2_000);
        assertAgree("b", false);
        assertThat(cluster.box("b").status().cure()).isEqualTo("start here is refused: D4: b was restarted since it was in sync, "
                + "and a cannot be asked whether something was written meanwhile; bring a up; to lose what was written there: "
                + "mirror_action data force b");
        assertThat(cluster.box("b").log).noneMatch(line -> line.contains("to take over here"));
        CommandResult refused = cluster.command("b", MirrorActionType.START, null);
        assertThat(refused.ruleId()).isEqualTo("D4");
        assertThat(cluster.box("b").status().role()).isNotEqualTo(Role.SOURCE);
    }

    @Test
    void shouldAdviseAStartThatWorks() {
        inSync();
        cluster.must("a", MirrorActionType.STOP, null);
        cluster.run(500);
        assertAgree("a", true);
        assertAgree("b", true);
        cluster.must("b", MirrorActionType.START, null);
    }
}
