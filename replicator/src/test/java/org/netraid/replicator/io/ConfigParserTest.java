/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.netraid.link.LinkAddress;
import org.netraid.mirror.QueueLimit;
import org.netraid.nbd.wire.Compression;
import org.netraid.replicator.config.ClusterConfig;
import org.netraid.replicator.config.FailoverSettings;
import org.netraid.replicator.config.IntentLogSettings;
import org.netraid.replicator.config.JournalSettings;
import org.netraid.replicator.config.LogFailureAction;
import org.netraid.replicator.config.MemberConfig;
import org.netraid.replicator.config.MirrorConfig;
import org.netraid.replicator.config.SplitBrainSettings;
import org.netraid.replicator.config.NbdServerSettings;
import org.netraid.replicator.config.PeerSettings;
import org.netraid.replicator.config.TlsSettings;

class ConfigParserTest {

    private static final String GOOD = """
            [cluster]
            name = "prod"
            secret_file = "secret"

            [nodes.adam]
            address = "127.0.0.1:7800"
            nbd = "127.0.0.1:7801"
            state = "/var/lib/netraid/adam"

            [nodes.eve]
            address = "[::1]:7800"
            nbd = "eve.example:7801"
            state = "eve"

            [mirrors.data]
            size = "1G"
            protocol = "C"
            chunk = "128k"

            [[mirrors.data.members]]
            node = "eve"
            disk = "/dev/vg0/data"
            priority = 10

            [[mirrors.data.members]]
            node = "adam"
            disk = "disks/data.img"
            priority = 1
            export = "127.0.0.1:10809"

            [[mirrors.data.members]]
            node = "stor"
            uri = "nbd://stor/data"
            """;

    @Test
    void shouldReadEverythingWhenTheFileIsRight() throws Exception {
        ClusterConfig config = parse(GOOD);

        assertThat(config.name()).isEqualTo("prod");
        assertThat(config.secretFile()).isEqualTo("/etc/netraid/secret");
        assertThat(config.node("adam").orElseThrow().address()).isEqualTo(LinkAddress.tcp("127.0.0.1", 7800));
        assertThat(config.node("eve").orElseThrow().address()).isEqualTo(LinkAddress.tcp("::1", 7800));
        assertThat(config.node("eve").orElseThrow().stateFolder()).isEqualTo("/etc/netraid/eve");
        MirrorConfig mirror = config.mirror("data").orElseThrow();
        assertThat(mirror.sizeBytes()).isEqualTo(1L << 30);
        assertThat(mirror.intentLog().chunkBytes()).isEqualTo(128 << 10);
        assertThat(mirror.members()).containsExactly(
                MemberConfig.of("adam", "/etc/netraid/disks/data.img", 1, LinkAddress.tcp("127.0.0.1", 10809)),
                MemberConfig.of("eve", "/dev/vg0/data", 10, LinkAddress.unix("/etc/netraid/eve/data.nbd")),
                MemberConfig.foreign("stor", "nbd://stor/data"));
        assertThat(config.peers()).isEqualTo(PeerSettings.DEFAULT);
        assertThat(mirror.failover().waitForPreviousSourceNs()).isEqualTo(FailoverSettings.FOR_EVER);
    }

    @Test
    void shouldReadTheCompressionOfEachMember() throws Exception {
        MirrorConfig mirror = parse(GOOD.replace("priority = 10", "priority = 10\ncompression = \"high\"")).mirror("data").orElseThrow();
        assertThat(mirror.members()).extracting(MemberConfig::compression).containsOnlyOnce(Compression.HIGH).contains(Compression.OFF);
        mirror = parse(GOOD.replace("priority = 10", "priority = 10\ncompression = 7")).mirror("data").orElseThrow();
        assertThat(mirror.members()).extracting(MemberConfig::compression).as("DataKeeper's level").contains(Compression.HIGH);
        fails("priority = 10", "priority = 10\ncompression = \"gzip\"",
                "n.toml:24:1: [mirrors.data.members]: compression is \"gzip\"; off, fast, high and 0 to 9 are allowed");
        fails("uri = ", "compression = \"fast\"\nuri = ", "n.toml:33:1: [mirrors.data.members]: compression has no meaning for a"
                + " member with a uri: a plain NBD server can only be a target");
    }

    @Test
    void shouldTakeTheMirrorsSettingBeforeTheClustersWhenBothAreGiven() throws Exception {
        ClusterConfig config = parse(GOOD.replace("chunk = \"128k\"\n", "") + """
                [mirrors.data.timeouts]
                request = "2s"
                wait_for_previous_source = 30
                regions = "250 ms"
                [mirrors.data.limits]
                resync_max = "10M"
                [mirrors.other]
                members = [{ node = "adam", disk = "other.img" }, { node = "eve", disk = "other.img" }]
                [timeouts]
                request = 1.5
                connect = "700 ms"
                wait_for_previous_source = "2min"
                [limits]
                chunk = "4k"
                hot_extents = "auto"
                cool_after = "7s"
                intent_log_failure = "degrade"
                """);

        MirrorConfig data = config.mirror("data").orElseThrow();
        assertThat(data.targets().requestTimeoutNs()).isEqualTo(2_000_000_000L);
        assertThat(data.targets().connectNs()).isEqualTo(700_000_000L);
        assertThat(data.failover().waitForPreviousSourceNs()).isEqualTo(30_000_000_000L);
        assertThat(data.failover().regionsNs()).isEqualTo(250_000_000L);
        assertThat(data.resync().maxBytesPerSecond()).isEqualTo(10L << 20);
        assertThat(data.resync().minBytesPerSecond()).isEqualTo(10L << 20);
        assertThat(data.intentLog().chunkBytes()).isEqualTo(4096);
        assertThat(data.intentLog().hotExtents()).isEqualTo(IntentLogSettings.AUTO);
        assertThat(data.intentLog().coolAfterNs()).isEqualTo(7_000_000_000L);
        assertThat(data.intentLog().onFailure()).isEqualTo(LogFailureAction.DEGRADE);
        MirrorConfig other = config.mirror("other").orElseThrow();
        assertThat(other.targets().requestTimeoutNs()).isEqualTo(1_500_000_000L);
        assertThat(other.failover().waitForPreviousSourceNs()).isEqualTo(120_000_000_000L);
        assertThat(other.failover().regionsNs()).isEqualTo(5_000_000_000L);
        assertThat(other.members()).extracting(MemberConfig::priority).containsExactly(1, 10);
    }

    @Test
    void shouldReadWhatIsDoneAfterASplitBrain() throws Exception {
        assertThat(parse(GOOD).mirror("data").orElseThrow().upkeep().splitBrain()).isEqualTo(SplitBrainSettings.DEFAULT);
        MirrorConfig other = parse(GOOD + """
                [mirrors.other]
                after_split_brain = "discard-zero-changes"
                split_brain_save = "1M"
                members = [{ node = "adam", disk = "other.img" }, { node = "eve", disk = "other.img" }]
                """).mirror("other").orElseThrow();
        assertThat(other.upkeep().splitBrain()).isEqualTo(new SplitBrainSettings(SplitBrainSettings.Policy.DISCARD_ZERO_CHANGES, 1 << 20));
        assertThat(messageOf(GOOD + """
                [mirrors.other]
                after_split_brain = "guess"
                members = [{ node = "adam", disk = "other.img" }, { node = "eve", disk = "other.img" }]
                """)).endsWith("after_split_brain is \"guess\"; \"disconnect\", \"discard-zero-changes\" and \"discard-secondary\" are "
                + "allowed");
    }

    @Test
    void shouldReadTheProtocolOfEachMemberAndTheLimitsOfItsQueue() throws Exception {
        MirrorConfig plain = parse(GOOD).mirror("data").orElseThrow();
        assertThat(plain.members()).extracting(MemberConfig::protocol).containsOnly("C");
        assertThat(plain.targets().queue()).isEqualTo(QueueLimit.DEFAULT);
        MirrorConfig mirror = parse(GOOD + """
                [mirrors.other]
                protocol = "A"
                members = [{ node = "adam", disk = "other.img" }, { node = "eve", disk = "other.img", protocol = "C" }]
                [mirrors.other.limits]
                async_limit = "1M"
                async_full = "pull-ahead"
                async_journal = false
                async_memory = "2M"
                [mirrors.other.timeouts]
                async_age = "3s"
                """).mirror("other").orElseThrow();
        assertThat(mirror.members()).extracting(MemberConfig::protocol).containsExactly("A", "C");
        assertThat(mirror.targets().queue()).isEqualTo(new QueueLimit(1 << 20, 3_000_000_000L, QueueLimit.WhenFull.PULL_AHEAD));
        assertThat(mirror.targets().journal()).isEqualTo(new JournalSettings(false, 2 << 20));
        assertThat(plain.targets().journal()).isEqualTo(JournalSettings.DEFAULT);
        assertThat(messageOf(GOOD + "[limits]\nasync_journal = \"no\"\n")).contains("async_journal must be true or false");
        assertThat(messageOf(GOOD + "[limits]\nasync_full = \"wait\"\n")).contains(
                "async_full is \"wait\"; \"block\", \"pull-ahead\" and \"disconnect\" are allowed");
    }

    @Test
    void shouldReadSeveralConnectionsToAForeignMemberOnly() throws Exception {
        String several = GOOD.replace("uri = \"nbd://stor/data\"", "uri = \"nbd://stor/data\"\nconnections = 4");
        assertThat(parse(several).mirror("data").orElseThrow().members()).extracting(MemberConfig::connections).containsExactly(1, 1, 4);
        assertThat(messageOf(several.replace("= 4", "= 65"))).contains("connections").contains("1 to 64");
        assertThat(messageOf(GOOD.replace("priority = 1\n", "priority = 1\nconnections = 2\n"))).contains("connections");
    }

    @Test
    void shouldReadTheLimitsOfTheNbdListeners() throws Exception {
        assertThat(parse(GOOD).server()).isEqualTo(NbdServerSettings.DEFAULT);
        ClusterConfig config = parse(GOOD + """
                [timeouts]
                nbd_handshake = "3s"
                nbd_idle = "1h"
                [limits]
                nbd_connections = 10000
                nbd_connections_per_address = 20
                nbd_requests_per_connection = 64
                """);
        assertThat(config.server()).isEqualTo(new NbdServerSettings(10_000, 20, 32 << 20, 64, 3_000_000_000L, 3_600_000_000_000L));
    }

    @Test
    void shouldUnderstandDataKeepersNamesWithDataKeepersUnits() throws Exception {
        ClusterConfig config = parse(GOOD.replace("chunk = \"128k\"\n", "LKDR_CHUNK_SIZE = 256\n") + """
                [timeouts]
                NBD_XMIT_TIMEOUT = 9
                LKDR_WAIT_FOR_PREVIOUS_SOURCE_TIMEOUT = -1
                [limits]
                LKDR_SPEED_LIMIT = 50000
                LKDR_SPEED_LIMIT_MIN = 1000
                """);

        MirrorConfig data = config.mirror("data").orElseThrow();
        assertThat(data.intentLog().chunkBytes()).isEqualTo(256 << 10);
        assertThat(data.targets().requestTimeoutNs()).isEqualTo(9_000_000_000L);
        assertThat(data.failover().waitForPreviousSourceNs()).isEqualTo(FailoverSettings.FOR_EVER);
        assertThat(data.resync().maxBytesPerSecond()).isEqualTo(50_000L << 10);
        assertThat(data.resync().minBytesPerSecond()).isEqualTo(1_000L << 10);
    }

    @Test
    void shouldSayWhereAndWhatIsAllowedWhenAValueIsWrong() {
        fails("name = \"prod\"", "name = 5", "n.toml:2:1: [cluster]: name must be a text in quotes, not empty");
        fails("name = \"prod\"\n", "", "n.toml:1:1: [cluster]: name is missing");
        fails("name = \"prod\"", "name = \"a b\"", "n.toml:2:1: [cluster]: name: \"a b\" is not a name; letters, digits, '-', '_' and '.' "
                + "are allowed, the first not '.' or '-'");
        fails("[cluster]", "[cluster", "n.toml:1:9: not TOML: Unexpected end of line, expected ]");
        fails("size = \"1G\"", "size = \"1X\"", "n.toml:16:1: [mirrors.data]: size: \"1X\" is not a size; write a number of bytes or one "
                + "with k, M, G or T, such as \"64k\"");
        fails("size = \"1G\"", "size = 1000", "n.toml:16:1: [mirrors.data]: size 1000 is not a multiple of 512 bytes");
        fails("size = \"1G\"", "size = \"99999999P\"", "n.toml:16:1: [mirrors.data]: size: \"99999999P\" is too large");
        fails("chunk = \"128k\"", "chunk = \"96k\"", "n.toml:18:1: [mirrors.data]: chunk is 96 KiB; a power of two from 4 KiB to 1 MiB is "
                + "allowed");
        fails("chunk = \"128k\"", "chunk = \"2M\"", "n.toml:18:1: [mirrors.data]: chunk is 2 MiB; 4 KiB to 1 MiB is allowed");
        fails("chunk = \"128k\"", "hot_extents = \"many\"", "n.toml:18:1: [mirrors.data]: hot_extents is \"many\"; "
                + "\"auto\" (as many as the load has use for) and 2 to 65534 are allowed");
        fails("chunk = \"128k\"", "hot_extents = 1", "n.toml:18:1: [mirrors.data]: hot_extents is 1; 2 to 65534 is allowed");
        fails("chunk = \"128k\"", "cool_after = \"20ms\"", "n.toml:18:1: [mirrors.data]: cool_after is 20 ms; 0 (never) and 1 s to 7 days "
                + "are allowed");
        fails("chunk = \"128k\"", "chunk = \"64k\"\nLKDR_CHUNK_SIZE = 64",
                "n.toml:19:1: [mirrors.data]: LKDR_CHUNK_SIZE is another name of chunk, which is set too");
        fails("protocol = \"C\"", "protocol = \"C\"\nintent_log_failure = \"ignore\"", "n.toml:18:1: [mirrors.data]: intent_log_failure is "
                + "\"ignore\"; \"stop\" (the mirror stops writing) and \"degrade\" (it goes on; every target needs a full resync) "
                + "are allowed");
        fails("protocol = \"C\"", "protocol = \"D\"", "n.toml:17:1: [mirrors.data]: protocol is \"D\"; \"A\" (asynchronous), \"B\" "
                + "(received by the target) and \"C\" (written by the target) are allowed");
        fails("priority = 10", "priority = -3", "n.toml:23:1: [mirrors.data.members]: priority is -3; 0 to 1000000 is allowed");
        fails("priority = 10", "priority = 1", "n.toml:28:1: [mirrors.data.members]: priority 1 is also that of eve; "
                + "each member needs its own, the lowest takes over first");
    }

    @Test
    void shouldSuggestTheKnownNameWhenAKeyIsUnknown() {
        fails("protocol", "protocoll", "n.toml:17:1: [mirrors.data]: unknown key \"protocoll\" (did you mean \"protocol\"?); known here: "
                + "after_split_brain, chunk, cool_after, fencing, hot_extents, intent_log_failure, limits, members, on_io_error, protocol, "
                + "quorum, quorum_loss, resync_after, size, split_brain_save, tie_breaker, timeouts, undo, undo_max, verify_every, "
                + "verify_max");
        fails("[cluster]", "colour = 1\n[cluster]", "n.toml:1:1: top level: unknown key \"colour\"; known here: "
                + "cluster, hooks, limits, mirrors, nodes, timeouts, tls");
        fails("nbd = \"127.0.0.1:7801\"", "nbd = \"127.0.0.1:7801\"\nadress = \"x\"", "n.toml:8:1: [nodes.adam]: unknown key \"adress\" "
                + "(did you mean \"address\"?); known here: address, nbd, state, tls_hostname");
        fails("node = \"eve\"", "node = \"evi\"", "n.toml:21:1: [mirrors.data.members]: there is no [nodes.evi] (did you mean \"eve\"?); "
                + "a member without a daemon needs uri = \"nbd://...\"");
    }

    @Test
    void shouldRefuseAddressesThatCannotWork() {
        fails("\"127.0.0.1:7800\"", "\"127.0.0.1\"", "n.toml:6:1: [nodes.adam]: address is \"127.0.0.1\", not host:port with a port from 1 "
                + "to "
                + "65535 (IPv6: \"[::1]:7800\")");
        fails("\"127.0.0.1:7800\"", "\"127.0.0.1:70000\"", "n.toml:6:1: [nodes.adam]: address is \"127.0.0.1:70000\", not host:port with a "
                + "port from 1 to 65535 (IPv6: \"[::1]:7800\")");
        fails("\"127.0.0.1:7801\"", "\"127.0.0.1:7800\"", "n.toml:7:1: [nodes.adam]: nbd is the same as address: 127.0.0.1:7800; each "
                + "needs a "
                + "port of its own");
        fails("\"[::1]:7800\"", "\"127.0.0.1:7801\"", "n.toml:11:1: [nodes.eve]: address 127.0.0.1:7801 is used by node adam too");
        fails("state = \"eve\"", "state = \"" + "e".repeat(110) + "\"", "n.toml:20:1: [mirrors.data.members]: the unix socket /etc/netraid/"
                + "e".repeat(110) + "/data.nbd has a path of 132 bytes; the kernel allows 107: choose a shorter state folder or set "
                + "export");
    }

    @Test
    void shouldRefuseMembersThatCannotBeMirrored() {
        fails("node = \"eve\"\n", "node = \"adam\"\n", "n.toml:26:1: [mirrors.data.members]: node adam has a member already; "
                + "the copies of a mirror must be on different systems");
        fails("uri = \"nbd://stor/data\"", "uri = \"http://stor/\"", "n.toml:33:1: [mirrors.data.members]: "
                + "'http://stor/' is not a usable NBD URI: unknown scheme 'http'; use nbd or nbd+unix, with TLS nbds or nbds+unix");
        fails("uri = \"nbd://stor/data\"", "uri = \"nbd://stor/data\"\npriority = 3",
                "n.toml:34:1: [mirrors.data.members]: priority has no "
                + "meaning for a member with a uri: a plain NBD server can only be a target");
        fails("[mirrors.data]", "[mirrors.\"da ta\"]", "n.toml:15:1: [mirrors]: mirror tag \"da ta\" has a character that is not allowed "
                + "at "
                + "position 3; letters, digits, '-', '_' and '.' are allowed", ".data.members", ".\"da ta\".members");
        fails("[mirrors.data]", "[mirrors.\".x\"]", "n.toml:15:1: [mirrors]: mirror tag \".x\" must not begin with '.'",
                ".data.members", ".\".x\".members");
    }

    @Test
    void shouldRefuseTheEighthTarget() {
        StringBuilder text = new StringBuilder(GOOD);
        for (int i = 0; i < 6; i++) {
            text.append("[[mirrors.data.members]]\nnode = \"s").append(i).append("\"\nuri = \"nbd://s").append(i).append("/x\"\n");
        }
        assertThat(messageOf(text.toString())).isEqualTo("n.toml:49:1: [mirrors.data.members]: the mirror has more than 8 members; "
                + "one source and up to 7 targets are allowed");
    }

    @Test
    void shouldRefuseOneDiskInTwoMirrors() {
        assertThat(messageOf(GOOD + """
                [[mirrors.two.members]]
                node = "eve"
                disk = "/dev/vg0/data"
                """)).isEqualTo("n.toml:36:1: [mirrors.two.members]: disk /dev/vg0/data is used by another mirror on the same node");
    }

    @Test
    void shouldRefuseWaitsThatMeanNothing() {
        assertThat(messageOf(GOOD + "[timeouts]\nwait_for_previous_source = -2\n")).isEqualTo(
                "n.toml:35:1: [timeouts]: wait_for_previous_source: \"-2\" is not a duration; "
                + "write seconds or a number with ms, s, min, h or d, such as \"5s\"");
        assertThat(messageOf(GOOD + "[timeouts]\npeer_heartbeat = \"1s\"\npeer_dead = \"1s\"\n")).isEqualTo(
                "n.toml:36:1: [timeouts]: peer_dead is 1 s; 2 s to 600 s is allowed");
        assertThat(messageOf(GOOD + "[limits]\nLKDR_ASYNC_LIMIT = 9\n"))
                .startsWith("n.toml:35:1: [limits]: unknown key \"LKDR_ASYNC_LIMIT\"");
    }

    @Test
    void shouldReadTlsSettings() throws Exception {
        assertThat(parse(GOOD).tls()).isNull();
        String text = GOOD.replace("uri = \"nbd://stor/data\"", "uri = \"nbds://stor/data?tls-certificates=other\"")
                .replace("state = \"eve\"", "state = \"eve\"\ntls_hostname = \"eve.example.org\"");
        ClusterConfig config = parse(text + "[tls]\ncertificates = \"pki\"\n");
        assertThat(config.tls()).isEqualTo(new TlsSettings("/etc/netraid/pki", TlsSettings.Exports.REQUIRE, true));
        assertThat(config.node("adam").orElseThrow().tlsHostName()).isEqualTo("127.0.0.1");
        assertThat(config.node("eve").orElseThrow().tlsHostName()).isEqualTo("eve.example.org");
        assertThat(config.mirror("data").orElseThrow().members().get(2).uri())
                .isEqualTo("nbds://stor:10809/data?tls-certificates=/etc/netraid/other");
        assertThat(parse(GOOD + "[tls]\ncertificates = \"/pki\"\nexports = \"on\"\nverify_peer = false\n").tls())
                .isEqualTo(new TlsSettings("/pki", TlsSettings.Exports.ON, false));
        assertThat(messageOf(GOOD + "[tls]\n")).contains("certificates is missing");
        assertThat(messageOf(GOOD + "[tls]\ncertificates = \"p\"\nexports = \"maybe\"\n")).contains("allowed: off, on, require");
        assertThat(messageOf(GOOD + "[tls]\ncertificates = \"p\"\nverify_peer = 1\n")).contains("true or false");
        assertThat(messageOf(GOOD.replace("uri = \"nbd://stor/data\"", "uri = \"nbds://stor/data?tls-psk-file=keys\"")))
                .contains("pre-shared keys");
    }

    private static void fails(String good, String bad, String message, String... more) {
        String text = GOOD.replaceFirst(java.util.regex.Pattern.quote(good), java.util.regex.Matcher.quoteReplacement(bad));
        for (int i = 0; i < more.length; i += 2) {
            text = text.replace(more[i], more[i + 1]);
        }
        assertThat(text).isNotEqualTo(GOOD);
        assertThat(messageOf(text)).isEqualTo(message);
    }

    private static String messageOf(String text) {
        ConfigException thrown = catchThrowableOfType(ConfigException.class, () -> parse(text));
        assertThat(thrown).as("the configuration must be refused:\n%s", text).isNotNull();
        return thrown.getMessage();
    }

    private static ClusterConfig parse(String text) throws ConfigException {
        return ConfigParser.parse("n.toml", text, Path.of("/etc/netraid"));
    }
}
