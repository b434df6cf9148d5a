/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.netraid.replicator.config.QuorumSettings;
import org.netraid.replicator.config.QuorumSettings.Fencing;
import org.netraid.replicator.config.QuorumSettings.Kind;
import org.netraid.replicator.config.QuorumSettings.Loss;

class QuorumReaderTest {

    private static String config(String mirror, String rest) {
        StringBuilder text = new StringBuilder("[cluster]\nname = \"c\"\nsecret_file = \"s\"\n");
        for (String node : new String[] {"a", "b", "w"}) {
            text.append("[nodes.").append(node).append("]\naddress = \"").append(node).append(":1\"\nnbd = \"").append(node)
                    .append(":2\"\nstate = \"/").append(node).append("\"\n");
        }
        text.append("[mirrors.data]\n").append(mirror);
        for (String node : new String[] {"a", "b"}) {
            text.append("[[mirrors.data.members]]\nnode = \"").append(node).append("\"\ndisk = \"/d\"\n");
        }
        return text.append(rest).toString();
    }

    private static QuorumSettings read(String mirror, String rest) throws ConfigException {
        return ConfigParser.parse("n.toml", config(mirror, rest), Path.of("/")).mirror("data").orElseThrow().failover().quorum();
    }

    private static String refused(String mirror, String rest) {
        return catchThrowableOfType(ConfigException.class, () -> read(mirror, rest)).getMessage();
    }

    @Test
    void shouldHaveNoQuorumWithoutBeingToldTo() throws ConfigException {
        assertThat(read("", "")).isEqualTo(QuorumSettings.NONE);
    }

    @Test
    void shouldReadMajorityWithATieBreaker() throws ConfigException {
        QuorumSettings quorum = read("quorum = \"majority\"\ntie_breaker = \"w\"\nquorum_loss = \"io-error\"\n",
                "[timeouts]\nquorum_poll = \"3s\"\n");
        assertThat(quorum).isEqualTo(new QuorumSettings(Kind.MAJORITY, Loss.IO_ERROR, "w", 3_000_000_000L, Fencing.DONT_CARE));
    }

    @Test
    void shouldReadFencingAndACommand() throws ConfigException {
        QuorumSettings quorum = read("quorum = \"command\"\nquorum_loss = \"stop\"\nfencing = \"resource-and-stonith\"\n",
                "[hooks]\nquorum = \"ask\"\nfence_peer = \"shoot\"\n");
        assertThat(quorum.kind()).isEqualTo(Kind.COMMAND);
        assertThat(quorum.loss()).isEqualTo(Loss.STOP);
        assertThat(quorum.fencing()).isEqualTo(Fencing.RESOURCE_AND_STONITH);
    }

    @Test
    void shouldSayWhatIsWrong() {
        assertThat(refused("quorum = \"mojority\"\n", "")).endsWith("quorum is \"mojority\"; allowed: none, majority, command, corosync, "
                + "embedded");
        assertThat(refused("tie_breaker = \"w\"\n", "")).endsWith("tie_breaker votes only with quorum = \"majority\"");
        assertThat(refused("quorum = \"majority\"\ntie_breaker = \"b\"\n", ""))
                .endsWith("mirror data: tie_breaker b must be one of the nodes, and none of the members");
        assertThat(refused("quorum = \"majority\"\ntie_breaker = \"x\"\n", ""))
                .endsWith("mirror data: tie_breaker x must be one of the nodes, and none of the members");
        assertThat(refused("quorum = \"majority\"\ntie_breaker = \"w\"\n", "[[mirrors.data.members]]\nnode = \"w\"\ndisk = \"/d\"\n"))
                .contains("an odd number of nodes has a majority without tie_breaker w");
        assertThat(refused("quorum = \"command\"\n", "")).endsWith("mirror data: quorum = \"command\" needs a program: quorum in [hooks]");
        assertThat(refused("fencing = \"resource-only\"\n", ""))
                .endsWith("mirror data: fencing = \"resource-only\" needs a program: fence_peer in [hooks]");
    }
}
