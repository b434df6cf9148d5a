/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.netraid.replicator.config.ClusterConfig;
import org.netraid.mirror.LocalErrorPolicy;
import org.netraid.replicator.config.UndoSettings;
import org.netraid.replicator.config.UpkeepSettings;
import org.netraid.replicator.config.VerifySettings;

class UpkeepReaderTest {

    private static final String HEAD = """
            [cluster]
            name = "prod"
            secret_file = "secret"
            [nodes.adam]
            address = "127.0.0.1:7800"
            nbd = "127.0.0.1:7801"
            state = "/var/lib/netraid"
            """;

    private static ClusterConfig parse(String top, String mirror) throws ConfigException {
        return ConfigParser.parse("n.toml", HEAD + top + "[mirrors.data]\n" + mirror + """
                [[mirrors.data.members]]
                node = "adam"
                disk = "/dev/vg0/data"
                """, Path.of("/etc/netraid"));
    }

    private static UpkeepSettings upkeep(String mirror) throws ConfigException {
        return parse("", mirror).mirror("data").orElseThrow().upkeep();
    }

    @Test
    void shouldReadHowOftenAndHowFastTheTargetsAreVerified() throws Exception {
        assertThat(upkeep("")).isEqualTo(UpkeepSettings.DEFAULT);
        assertThat(upkeep("verify_every = \"7d\"\nverify_max = \"20M\"\n").verify())
                .isEqualTo(new VerifySettings(7L * 86_400 * 1_000_000_000L, 20 << 20));
        assertThat(upkeep("verify_every = 0\nverify_max = 0\n").verify()).isEqualTo(new VerifySettings(0, 0));
    }

    @Test
    void shouldRefuseAVerifyAllTheTime() {
        refused("verify_every = \"5s\"\n", "verify_every is 5 s; 0 (never) or from 60 s on is allowed");
        refused("verify_every = \"soon\"\n", "is not a duration");
        refused("verify_max = -1\n", "verify_max");
    }

    @Test
    void shouldReadWhatAnErrorOfTheLocalDiskLeadsTo() throws Exception {
        assertThat(upkeep("").onIoError()).isEqualTo(LocalErrorPolicy.DETACH);
        assertThat(upkeep("on_io_error = \"pass_on\"\n").onIoError()).isEqualTo(LocalErrorPolicy.PASS_ON);
        refused("on_io_error = \"panic\"\n", "on_io_error is \"panic\"; \"detach\", \"pass_on\" and \"stop\" are allowed");
    }

    private static void refused(String mirror, String message) {
        assertThatThrownBy(() -> upkeep(mirror)).isInstanceOf(ConfigException.class).hasMessageContaining(message);
    }

    @Test
    void shouldReadHooksAndTheOrderOfResyncs() throws Exception {
        ClusterConfig config = parse("[limits]\nresyncs = 2\n[hooks]\nbefore_resync_target = \"snap\"\nout_of_sync = \"/bin/alarm\"\n"
                + "timeout = \"5s\"\n", "");
        assertThat(config.daemon().parallelResyncs()).isEqualTo(2);
        assertThat(config.daemon().hooks().programs()).containsOnly(java.util.Map.entry("before-resync-target", "/etc/netraid/snap"),
                java.util.Map.entry("out-of-sync", "/bin/alarm"));
        assertThat(config.daemon().hooks().timeoutNs()).isEqualTo(5_000_000_000L);
    }

    @Test
    void shouldRefuseAnOrderThatNeverEnds() {
        refused("resync_after = \"other\"\n", "there is no such mirror");
        refused("resync_after = \"data\"\n", "comes back to the mirror itself");
    }

    @Test
    void shouldReadWhatATargetKeepsOfAResync() throws Exception {
        assertThat(upkeep("undo = \"on\"\nundo_max = \"2G\"\n").undo()).isEqualTo(new UndoSettings(UndoSettings.Mode.ON, 2L << 30));
        refused("undo = \"maybe\"\n", "\"auto\", \"on\" and \"off\" are allowed");
    }
}
