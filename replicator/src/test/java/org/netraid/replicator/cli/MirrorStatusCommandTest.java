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
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.link.io.NettyRuntime;
import org.netraid.replicator.control.MirrorStatus;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.io.ControlServer;
import org.netraid.replicator.io.FakeNode;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.Role;

class MirrorStatusCommandTest {

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
    void shouldShowTheSourceInDataKeepersLook() {
        node.put(FakeNode.source(FakeNode.target("eve", TargetState.RESYNCING, 47.9), FakeNode.target("sophocles", TargetState.UNKNOWN,
                0)));

        assertThat(run("data")).isEqualTo(12);
        assertThat(output()).isEqualTo("""
                Mirror data on adam: Source (Resyncing)
                [+] adam -> eve (127.0.0.1:7811)
                        Status: Resyncing
                                [===================>                    ]  47%
                        Resync Speed: 1573K/sec, partial, 5 MiB of 10 MiB, 4 s left
                        Resync Data: 5 MiB sent, 0 B as zeros, 0 B equal already
                        Type: Synchronous
                        Protocol: C, done when written by the target
                        Dirty: 160 chunks, 10 MiB
                [-] adam -> sophocles (127.0.0.1:7811)
                        Status: Unknown
                        Type: Synchronous
                        Protocol: C, done when written by the target
                        Dirty: 160 chunks, 10 MiB
                        Last error: connection reset
                        Copy here: UP_TO_DATE, 1 GiB, generation 1a2b
                        Flags: last_owner
                        Export: nbd+unix:///data?socket=/s/data.nbd
                Bitmap: 16384 bits (chunks of 64 KiB), 160 dirty (1.0%)
                """);
    }

    @Test
    void shouldShowABlockedNodeWithRuleAndCure() {
        node.put(FakeNode.mirror(Role.BLOCKED, DiskState.CONSISTENT, "Blocked", "D3"));

        assertThat(run("data")).isEqualTo(13);
        assertThat(output()).isEqualTo("""
                Mirror data on adam: Blocked (Resyncing)
                        Source: eve
                        Copy here: CONSISTENT, 1 GiB, generation 1a2b
                        Flags: source=eve
                        Blocked by D3: eve cannot be reached
                        What to do: start eve, or force
                """);
    }

    @Test
    void shouldShowHowTheQuorumStands() {
        node.put(FakeNode.cutOff());

        assertThat(run("data")).isEqualTo(12);
        assertThat(output()).contains("        Quorum: majority, 1 of 3 votes within reach, 2 needed; eve does not answer; "
                + "witness does not answer; tie-breaker witness; agreed to adam in generation 1a2b; LOST: no quorum for data: 1 of 3 "
                + "votes, 2 are needed\n");
        assertThat(run("data", "--json")).isEqualTo(12);
        assertThat(output()).contains("\"votesWithinReach\"");
    }

    @Test
    void shouldNotCallAStoppedNodeBlocked() {
        node.put(FakeNode.mirror(Role.STOPPED, DiskState.UP_TO_DATE, "Stopped", "D12"));

        assertThat(run("data")).isEqualTo(12);
        assertThat(output()).contains("        Why: D12: ").doesNotContain("Blocked");
    }

    @Test
    void shouldEndWithTheWorstState() {
        assertThat(exit(FakeNode.source())).isZero();
        assertThat(exit(FakeNode.source(FakeNode.target("eve", TargetState.IN_SYNC, 100)))).isZero();
        assertThat(exit(FakeNode.source(FakeNode.target("eve", TargetState.PAUSED, 0), FakeNode.target("s", TargetState.IN_SYNC, 100))))
                .isEqualTo(11);
        assertThat(exit(FakeNode.source(FakeNode.target("eve", TargetState.PAUSED, 0), FakeNode.target("s", TargetState.RESYNCING, 1))))
                .isEqualTo(10);
        assertThat(exit(FakeNode.source(FakeNode.target("eve", TargetState.RESYNCING, 0), FakeNode.target("s", TargetState.UNKNOWN, 1))))
                .isEqualTo(12);
        assertThat(exit(FakeNode.source(FakeNode.target("eve", TargetState.SPLIT_BRAIN, 0)))).isEqualTo(13);
        assertThat(exit(FakeNode.mirror(Role.TARGET, DiskState.UP_TO_DATE, "Target", ""))).isZero();
        assertThat(exit(FakeNode.mirror(Role.TARGET, DiskState.INCONSISTENT, "Resyncing", ""))).isEqualTo(10);
        assertThat(exit(FakeNode.mirror(Role.TARGET, DiskState.OUTDATED, "Out of Sync", ""))).isEqualTo(12);
        assertThat(exit(FakeNode.mirror(Role.STOPPED, DiskState.UP_TO_DATE, "Stopped", ""))).isEqualTo(12);
        assertThat(run("nosuch")).isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("mirror_status: NO_SUCH_MIRROR this node has no mirror \"nosuch\"");
    }

    @Test
    void shouldListTheNodeWithItsPeersWhenNoTagIsGiven() {
        node.put(FakeNode.source());
        assertThat(run()).isZero();
        assertThat(output()).startsWith("""
                Node adam: peers at 127.0.0.1:7800, disks at 127.0.0.1:7801
                        Peer eve (127.0.0.1:7810): not connected, connection refused

                Mirror data on adam: Source (Resyncing)
                """);
    }

    @Test
    void shouldPrintJsonForScripts() {
        node.put(FakeNode.source(FakeNode.target("eve", TargetState.RESYNCING, 47.5)));
        assertThat(run("data", "--json")).isEqualTo(10);
        assertThat(output()).contains("\"tag\" : \"data\"").contains("\"state\" : \"RESYNCING\"").contains("\"percentDone\" : 47.5");
    }

    @Test
    void shouldPrintALinePerChangeAndEndInSyncWhenWatchingWithoutATerminal() throws Exception {
        node.put(FakeNode.source(FakeNode.target("eve", TargetState.RESYNCING, 20)));
        Thread progress = new Thread(() -> {
            waitForOutput(" 20%");
            node.put(FakeNode.source(FakeNode.target("eve", TargetState.RESYNCING, 83)));
            waitForOutput(" 83%");
            node.put(FakeNode.source(FakeNode.target("eve", TargetState.IN_SYNC, 100)));
        });
        progress.start();
        assertThat(run("data", "--watch", "--until-sync=20", "--interval", "0.02")).isZero();
        progress.join();
        assertThat(output()).isEqualTo("""
                data on adam: Source, Resyncing
                  adam -> eve        [========>                               ]  20%  1.5 MiB/s  5 MiB of 10 MiB  4 s left
                  adam -> eve        [=================================>      ]  83%  1.5 MiB/s  5 MiB of 10 MiB  4 s left
                  adam -> eve        In Sync
                """);
    }

    @Test
    void shouldMoveTheLinesInPlaceWhenWatchingOnATerminal() {
        node.put(FakeNode.source(FakeNode.target("eve", TargetState.RESYNCING, 20)));
        int status = MirrorStatusCommand.run(new String[] {"data", "--watch", "--until-sync=2", "--interval=0.02", "--socket",
            server.socket().toString()}, Map.of("NETRAID_TERMINAL", "79"), stream(out), stream(err));
        assertThat(status).isEqualTo(7);
        String shown = output();
        assertThat(shown).startsWith("\u001b[?7l\r\u001b[2Kdata on adam: Source, Resyncing\n").contains("\u001b[2A\r\u001b[2K");
        assertThat(shown.lines().map(line -> line.replaceAll("\u001b\\[[?0-9]*[a-zA-Z]|\r", "")).toList())
                .as("no line wraps").allMatch(line -> line.length() <= 79).anyMatch(line -> line.endsWith("s left"));
    }

    @Test
    void shouldNeverShowAFullBarOrOverflowIt() {
        assertThat(StatusText.bar(0, 4)).isEqualTo("[>   ]   0%");
        assertThat(StatusText.bar(99.99, 4)).isEqualTo("[===>]  99%");
        assertThat(StatusText.bar(100, 4)).isEqualTo("[====] 100%");
        assertThat(StatusText.bar(250, 4)).isEqualTo("[====] 100%");
        assertThat(StatusText.bar(-3, 4)).isEqualTo("[>   ]   0%");
    }

    private void waitForOutput(String text) {
        org.awaitility.Awaitility.await().until(() -> out.toString(StandardCharsets.UTF_8).contains(text));
    }

    private static int exit(MirrorStatus status) {
        return StatusExit.of(status).status();
    }

    private int run(String... arguments) {
        String[] all = java.util.Arrays.copyOf(arguments, arguments.length + 1);
        all[arguments.length] = "--socket=" + server.socket();
        return MirrorStatusCommand.run(all, Map.of(), stream(out), stream(err));
    }

    private String output() {
        String text = out.toString(StandardCharsets.UTF_8);
        out.reset();
        return text;
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }
}
