/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.link.io.NettyRuntime;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.io.ControlServer;
import org.netraid.replicator.io.FakeNode;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.Role;

class MirrorActionTest {

    @TempDir
    Path folder;

    private final FakeNode node = new FakeNode();
    private NettyRuntime runtime;
    private ControlServer server;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeEach
    void start() throws IOException {
        runtime = new NettyRuntime("test", 1, Throwable::printStackTrace);
        server = ControlServer.start(folder.resolve("control.sock"), node, runtime.loop(0));
    }

    @AfterEach
    void stop() {
        server.close();
        runtime.close();
    }

    @Test
    void shouldReadDataKeepersWordsAsDataKeeperDoes() throws Exception {
        assertThat(command("data", "pause")).isEqualTo(MirrorCommand.of("data", MirrorActionType.PAUSE, null));
        assertThat(command("data", "resume", "adam", "eve", "sophocles"))
                .isEqualTo(MirrorCommand.of("data", MirrorActionType.RESUME, "adam", "eve", "sophocles"));
        assertThat(command("data", "force", "eve")).isEqualTo(MirrorCommand.of("data", MirrorActionType.FORCE, "eve"));
        assertThat(command("data", "fullresync", "eve")).isEqualTo(MirrorCommand.of("data", MirrorActionType.FULLRESYNC, "eve"));
        assertThat(command("data", "pause", "--source", "adam", "--target=eve", "--target", "sophocles"))
                .isEqualTo(MirrorCommand.of("data", MirrorActionType.PAUSE, "adam", "eve", "sophocles"));
    }

    @Test
    void shouldTakeALoneWordAsTargetWhenTheActionNeedsOne() throws Exception {
        assertThat(command("data", "switchover", "eve")).isEqualTo(MirrorCommand.of("data", MirrorActionType.SWITCHOVER, null, "eve"));
        assertThat(command("data", "switchover", "adam", "eve"))
                .isEqualTo(MirrorCommand.of("data", MirrorActionType.SWITCHOVER, "adam", "eve"));
        MirrorCommand protocol = command("data", "protocol", "A", "adam", "eve");
        assertThat(protocol.options()).containsExactly("A");
        assertThat(protocol.source()).isEqualTo("adam");
        assertThat(protocol.targets()).containsExactly("eve");
        assertThat(protocol.asTyped()).isEqualTo("mirror_action data protocol A adam eve");
        assertThat(command("data", "protocol", "default", "--target", "eve").targets()).containsExactly("eve");
        assertThat(command("data", "add", "eve")).isEqualTo(MirrorCommand.of("data", MirrorActionType.ADD, null, "eve"));
    }

    @Test
    void shouldPassOptionsOn() throws Exception {
        assertThat(command("--dry-run", "data", "force", "--i-accept-inconsistent-data"))
                .isEqualTo(new MirrorCommand("data", MirrorActionType.FORCE, null, List.of(), true, true, false));
        assertThat(command("data", "create", "--assume-clean").assumeClean()).isTrue();
        assertThat(command("data", "verify", "adam", "eve", "--repair")).isEqualTo(new MirrorCommand("data", MirrorActionType.VERIFY,
                "adam", List.of("eve"), false, false, false, List.of(MirrorCommand.REPAIR)));
        assertThat(command("data", "add", "eve", "--seeded").has(MirrorCommand.SEEDED)).isTrue();
        assertThat(command("data", "suspend-io", "adam", "--for", "30")).isEqualTo(new MirrorCommand("data",
                MirrorActionType.SUSPEND_IO, "adam", List.of(), false, false, false, List.of("for=30")));
        assertThat(command("data", "on-io-error", "pass_on", "adam")).isEqualTo(new MirrorCommand("data", MirrorActionType.ON_IO_ERROR,
                "adam", List.of(), false, false, false, List.of("pass_on")));
        assertThat(command("data", "on-io-error", "stop").asTyped()).isEqualTo("mirror_action data on-io-error stop");
        assertThat(command("data", "resume-io")).isEqualTo(MirrorCommand.of("data", MirrorActionType.RESUME_IO, null));
        assertThat(command("data", "speed", "--max", "100M", "--min=20M").options()).containsExactly("max=104857600", "min=20971520");
        assertThat(command("data", "speed", "adam", "LKDR_SPEED_LIMIT=50000", "LKDR_SPEED_LIMIT_MIN=0")).isEqualTo(new MirrorCommand(
                "data", MirrorActionType.SPEED, "adam", List.of(), false, false, false, List.of("max=51200000", "min=0")));
    }

    @Test
    void shouldTakeTheKeptCopyFirstWhenASplitBrainIsResolved() throws Exception {
        assertThat(command("data", "resolve", "adam", "eve")).isEqualTo(new MirrorCommand("data", MirrorActionType.RESOLVE, "adam",
                List.of("eve"), false, false, false));
        assertThat(command("data", "resolve", "--discard-my-data", "--do-not-save").options())
                .containsExactly("discard-my-data", "do-not-save");
        assertThat(command("data", "split-brain", "eve").source()).isEqualTo("eve");
        wrong("mirror_action: USAGE --discard-my-data belongs to resolve; mirror_action --help shows the usage", "data", "force",
                "--discard-my-data");
    }

    @Test
    void shouldExplainWrongCommandLinesInOneLine() {
        wrong("mirror_action: USAGE no tag and no action; mirror_action --help shows the usage");
        wrong("mirror_action: USAGE no action; mirror_action --help shows the usage", "data");
        wrong("mirror_action: USAGE unknown action \"puase\" (did you mean \"pause\"?); actions are create, start, stop, switchover, add, "
                + "remove, pause, resume, expose, force, fullresync, resolve, split-brain, rollback, verify, resize, newlog, protocol, "
                + "speed, suspend-io, resume-io, attach, on-io-error, explain", "data", "puase");
        wrong("mirror_action: USAGE the tag comes first, then the action: mirror_action data pause", "pause", "data");
        wrong("mirror_action: USAGE mirror tag \"a b\" has a character that is not allowed at position 2; letters, digits, '-', '_' and "
                + "'.' are allowed", "a b", "pause");
        wrong("mirror_action: USAGE unknown option --dryrun (did you mean \"--dry-run\"?)", "data", "pause", "--dryrun");
        wrong("mirror_action: USAGE unknown option -n; long options begin with --", "data", "pause", "-n");
        wrong("mirror_action: USAGE --wait is \"soon\", not a number of seconds", "data", "resume", "--wait=soon");
        wrong("mirror_action: USAGE --dry-run takes no value", "data", "pause", "--dry-run=yes");
        wrong("mirror_action: USAGE --node needs a value", "data", "pause", "--node");
        wrong("mirror_action: USAGE switchover needs one node to move the mirror to; mirror_action --help shows the usage", "data",
                "switchover");
        wrong("mirror_action: USAGE add needs a target; mirror_action --help shows the usage", "data", "add");
        wrong("mirror_action: USAGE stop takes one node; mirror_action --help shows the usage", "data", "stop", "adam", "eve");
        wrong("mirror_action: USAGE a node is named twice", "data", "pause", "eve", "eve");
        wrong("mirror_action: USAGE name the nodes either by words or by --source and --target, not both", "data", "pause", "adam",
                "--target", "eve");
        wrong("mirror_action: USAGE --repair belongs to verify; mirror_action --help shows the usage", "data", "pause", "--repair");
        wrong("mirror_action: USAGE verify can either --repair or --stop; mirror_action --help shows the usage", "data", "verify",
                "--repair", "--stop");
        wrong("mirror_action: USAGE --seeded belongs to add and fullresync; mirror_action --help shows the usage", "data", "pause",
                "--seeded");
        wrong("mirror_action: USAGE a target is either --seeded or --assume-clean; mirror_action --help shows the usage", "data", "add",
                "eve", "--seeded", "--assume-clean");
        wrong("mirror_action: USAGE on-io-error needs detach, pass_on or stop as its next word; mirror_action --help shows the usage",
                "data", "on-io-error", "panic");
        wrong("mirror_action: USAGE --for belongs to suspend-io; mirror_action --help shows the usage", "data", "pause", "--for", "5");
        wrong("mirror_action: USAGE --for is a number of seconds from 1 to 3600; mirror_action --help shows the usage", "data",
                "suspend-io", "--for", "4000");
        wrong("mirror_action: USAGE --max 1M belongs to speed; mirror_action --help shows the usage", "data", "pause", "--max", "1M");
        wrong("mirror_action: USAGE --max fast: \"fast\" is not a size; write a number of bytes or one with k, M, G or T, such as \"64k\"",
                "data", "speed", "--max", "fast");
        wrong("mirror_action: USAGE LKDR_SPEED_LIMIT=5 sets the same limit a second time; mirror_action --help shows the usage", "data",
                "speed", "LKDR_SPEED_LIMIT=6", "LKDR_SPEED_LIMIT=5");
        wrong("mirror_action: USAGE LKDR_SPEED_LIMIT= needs a number of KiB per second; mirror_action --help shows the usage", "data",
                "speed", "LKDR_SPEED_LIMIT=");
        wrong("mirror_action: USAGE unknown setting SPEED=5; speed takes LKDR_SPEED_LIMIT=KIB and LKDR_SPEED_LIMIT_MIN=KIB; "
                + "mirror_action --help shows the usage", "data", "speed", "SPEED=5");
        assertThat(node.commands).isEmpty();
    }

    @Test
    void shouldRefuseAnOptionThatMeansNothingToTheAction() {
        wrong("mirror_action: USAGE --assume-clean belongs to create and add; mirror_action --help shows the usage", "data", "fullresync",
                "--assume-clean");
        wrong("mirror_action: USAGE --i-accept-inconsistent-data belongs to force; mirror_action --help shows the usage", "data", "start",
                "--i-accept-inconsistent-data");
        wrong("mirror_action: USAGE --wait waits until the targets are in sync, which pause does not lead to; mirror_action --help shows "
                + "the usage", "data", "pause", "--wait");
        wrong("mirror_action: USAGE --wait waits until the targets are in sync, which stop does not lead to; mirror_action --help shows "
                + "the usage", "data", "stop", "--wait=5");
        assertThat(node.commands).isEmpty();
    }

    @Test
    void shouldUnderstandDataKeepersWordForAdd() throws Exception {
        assertThat(command("data", "extend", "adam", "eve", "--seeded")).isEqualTo(command("data", "add", "adam", "eve", "--seeded"));
    }

    @Test
    void shouldPrintTheReportOfASplitBrain() {
        assertThat(run("data", "split-brain")).isZero();
        assertThat(output()).isEqualTo("did SPLIT_BRAIN\n");
    }

    @Test
    void shouldBeSilentWhenAllIsWellAndPrintWhereOutputIsThePoint() {
        assertThat(run("data", "pause")).isZero();
        assertThat(output()).isEmpty();
        assertThat(run("data", "explain")).isZero();
        assertThat(output()).isEqualTo("did EXPLAIN\n");
        assertThat(run("data", "pause", "--dry-run")).isZero();
        assertThat(output()).isEqualTo("did PAUSE\n");
        assertThat(run("data", "pause", "--json")).isZero();
        assertThat(output()).contains("\"code\" : \"DONE\"");
    }

    @Test
    void shouldNameCodeAndRuleWhenRefused() {
        node.onCommand = command -> CommandResult.refused("D3", "eve cannot be reached", "start eve, or force");
        assertThat(run("data", "start")).isEqualTo(3);
        assertThat(errors()).isEqualTo("mirror_action: REFUSED D3: eve cannot be reached\nmirror_action: start eve, or force\n");
    }

    @Test
    void shouldReturnTheExitCodeOfEveryResult() {
        for (ExitCode code : ExitCode.values()) {
            node.onCommand = command -> CommandResult.failed(code, "", "reason");
            assertThat(run("data", "pause")).isEqualTo(code.status());
            out.reset();
            err.reset();
        }
    }

    @Test
    void shouldWaitForTheTargetsItWasAbout() {
        node.put(FakeNode.source(FakeNode.target("eve", TargetState.IN_SYNC, 100), FakeNode.target("sophocles", TargetState.RESYNCING,
                10)));
        assertThat(run("data", "resume", "adam", "eve", "--wait=5")).isZero();
        assertThat(run("data", "resume", "--wait=0.2")).isEqualTo(7);
        assertThat(errors()).isEqualTo("mirror_action: TIMEOUT not in sync after 0.2 s; it goes on, mirror_status data shows it\n");
        node.put(FakeNode.mirror(Role.BLOCKED, DiskState.CONSISTENT, "Blocked", "D3"));
        err.reset();
        assertThat(run("data", "resume", "--wait=5")).isEqualTo(3);
        assertThat(errors()).isEqualTo("mirror_action: REFUSED D3: eve cannot be reached\nmirror_action: start eve, or force\n");
    }

    /** {@code resolve --discard-my-data --wait} said "REFUSED D19" although it was done: the node's status lags a moment behind. */
    @Test
    void shouldNotTakeTheStateFromBeforeTheCommandForItsOutcome() {
        node.put(FakeNode.mirror(Role.BLOCKED, DiskState.CONSISTENT, "Blocked", "D19"));
        node.onCommand = command -> {
            runtime.loop(0).schedule(300_000_000L, () -> node.put(FakeNode.mirror(Role.TARGET, DiskState.UP_TO_DATE, "Target", "")));
            return CommandResult.done("resolved");
        };
        assertThat(run("data", "resolve", "--discard-my-data", "--wait=60")).isZero();
    }

    @Test
    void shouldSayThatNoDaemonRunsHere() {
        Path none = folder.resolve("none.sock");
        assertThat(MirrorAction.run(new String[] {"data", "pause", "--socket", none.toString()}, Map.of(), stream(out), stream(err)))
                .isEqualTo(4);
        assertThat(errors()).isEqualTo("mirror_action: UNREACHABLE no daemon runs here: there is no " + none
                + "; start it: replicator --config FILE --node NAME\n");
    }

    @Test
    void shouldFindTheDaemonByConfigurationAndNode() throws IOException {
        Path config = Files.writeString(folder.resolve("n.toml"), """
                [cluster]
                name = "c"
                secret_file = "secret"
                [nodes.adam]
                address = "127.0.0.1:7800"
                nbd = "127.0.0.1:7801"
                state = "."
                [nodes.eve]
                address = "127.0.0.1:7810"
                nbd = "127.0.0.1:7811"
                state = "eve"
                """);
        String[] plain = {"data", "pause"};
        Map<String, String> environment = Map.of("NETRAID_CONFIG", config.toString());
        assertThat(MirrorAction.run(plain, environment, stream(out), stream(err))).as("only adam's socket is here").isZero();
        String[] named = {"data", "pause", "--node", "evi"};
        assertThat(MirrorAction.run(named, environment, stream(out), stream(err))).isEqualTo(1);
        assertThat(errors()).isEqualTo("mirror_action: USAGE there is no node \"evi\" in the configuration (did you mean \"eve\"?); "
                + "its nodes are adam, eve\n");
        err.reset();
        Map<String, String> broken = Map.of("NETRAID_CONFIG", folder.resolve("x.toml").toString());
        assertThat(MirrorAction.run(plain, broken, stream(out), stream(err))).isEqualTo(1);
        assertThat(errors()).isEqualTo("mirror_action: USAGE " + folder.resolve("x.toml") + ": there is no such file\n");
    }

    private void wrong(String error, String... arguments) {
        err.reset();
        assertThat(run(arguments)).isEqualTo(1);
        assertThat(errors()).isEqualTo(error + "\n");
    }

    private static MirrorCommand command(String... arguments) throws UsageException {
        return MirrorAction.command(MirrorAction.parse(arguments));
    }

    private int run(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add(0, "--socket=" + server.socket());
        return MirrorAction.run(all.toArray(String[]::new), Map.of(), stream(out), stream(err));
    }

    private String output() {
        String text = out.toString(StandardCharsets.UTF_8);
        out.reset();
        return text;
    }

    private String errors() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }
}
