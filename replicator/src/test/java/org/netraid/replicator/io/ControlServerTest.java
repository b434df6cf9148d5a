/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.link.io.NettyRuntime;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.MirrorStatus;
import org.netraid.replicator.control.TargetState;

class ControlServerTest {

    @TempDir
    Path folder;

    private final FakeNode node = new FakeNode();
    private NettyRuntime runtime;
    private ControlServer server;
    private ControlClient client;

    @BeforeEach
    void start() throws IOException {
        runtime = new NettyRuntime("test", 1, Throwable::printStackTrace);
        server = ControlServer.start(folder.resolve("control.sock"), node, runtime.loop(0));
        client = new ControlClient(server.socket(), 10_000_000_000L);
    }

    @AfterEach
    void stop() {
        server.close();
        runtime.close();
    }

    @Test
    void shouldBelongToItsOwnerAloneAndLeaveNothingElseBehind() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(server.socket()))).isEqualTo("rw-------");
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(server.socket());
        }
        server.close();
        assertThat(server.socket()).doesNotExist();
    }

    @Test
    void shouldTakeThePlaceOfASocketThatAKilledDaemonLeft() throws Exception {
        Path stale = folder.resolve("stale.sock");
        SocketChannel.open(java.net.StandardProtocolFamily.UNIX).close();
        try (var left = java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
            left.bind(UnixDomainSocketAddress.of(stale));
        }
        assertThat(stale).exists();
        assertThatThrownBy(() -> new ControlClient(stale, 1_000_000_000L).status())
                .hasMessage("no daemon runs here: nobody listens on " + stale + " (left behind by one that was killed); start it: "
                        + "replicator --config FILE --node NAME");
        try (ControlServer second = ControlServer.start(stale, node, runtime.loop(0))) {
            assertThat(new ControlClient(second.socket(), 10_000_000_000L).status().node()).isEqualTo("adam");
        }
    }

    @Test
    void shouldCarryStatusThereAndBackUnchanged() throws Exception {
        MirrorStatus status = FakeNode.source(FakeNode.target("eve", TargetState.RESYNCING, 47.5),
                FakeNode.target("sophocles", TargetState.UNKNOWN, 0));
        node.put(status);
        assertThat(client.status("data")).isEqualTo(status);
        assertThat(client.status()).isEqualTo(node.status());
    }

    /** Text is written where the answer is sent, not where the application's writes would wait for it. */
    @Test
    void shouldTakeFromTheLoopOnlyWhatIsToBeTold() throws Exception {
        MirrorStatus status = FakeNode.source(FakeNode.target("eve", TargetState.RESYNCING, 47.5));
        node.put(status);
        CompletableFuture<ControlService.Answer> answer = new CompletableFuture<>();
        new ControlService(node, runtime.loop(0)).handle("GET", "/v1/mirrors/data", "", answer::complete);
        assertThat(answer.get(10, TimeUnit.SECONDS).body()).isSameAs(status);
    }

    @Test
    void shouldCarryCommandsAndRefusals() throws Exception {
        MirrorCommand command = new MirrorCommand("data", MirrorActionType.FORCE, "eve", List.of(), true, true, false);
        assertThat(client.execute(command)).isEqualTo(CommandResult.done("did FORCE"));
        assertThat(node.commands).containsExactly(command);

        CommandResult refusal = CommandResult.refused("D3", "eve cannot be reached", "start eve, or force");
        node.onCommand = ignored -> refusal;
        assertThat(client.execute(command)).isEqualTo(refusal);
    }

    @Test
    void shouldSayThatThereIsNoSuchMirror() {
        assertThatThrownBy(() -> client.status("date")).isInstanceOfSatisfying(ControlException.class, e -> {
            assertThat(e.code()).isEqualTo(ExitCode.NO_SUCH_MIRROR);
            assertThat(e).hasMessage("this node has no mirror \"date\"; mirror_status without a tag lists them");
        });
    }

    @Test
    void shouldAnswerAlsoWhenTheNodeFails() {
        node.onCommand = ignored -> {
            throw new IllegalStateException("a defect");
        };
        assertThatThrownBy(() -> client.ask("POST", "/v1/mirrors/data/actions", "{\"action\":\"pause\"}"))
                .hasMessage("the daemon failed on this request: a defect; its log has the details");
    }

    @Test
    void shouldRefuseWhatIsNotARequest() throws Exception {
        assertThat(raw("GET /v2/x HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 404 ").contains("there is no GET /v2/x");
        assertThat(raw("POST /v1/mirrors/data/actions HTTP/1.1\r\nContent-Length: 3\r\n\r\n{]}")).startsWith("HTTP/1.1 400 ")
                .contains("not JSON");
        assertThat(raw("POST /v1/mirrors/data/actions HTTP/1.1\r\nContent-Length: 16\r\n\r\n{\"action\":\"burn\"}".replace("16", "17")))
                .startsWith("HTTP/1.1 400 ").contains("unknown action \\\"burn\\\"");
        assertThat(raw("POST /v1/mirrors/data/actions HTTP/1.1\r\nContent-Length: 999999\r\n\r\n")).startsWith("HTTP/1.1 413 ");
        assertThat(raw("POST /v1/mirrors/data/actions HTTP/1.1\r\nContent-Length: 10\r\n\r\n{\"targets\"")).startsWith("HTTP/1.1 400 ");
        assertThat(raw("GET /" + "x".repeat(5000) + " HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 4");
        assertThat(raw("\u0000\u0001\u0002\r\n\r\n")).startsWith("HTTP/1.1 400 ");
        assertThat(raw("GET /v1/events?since=x HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 400 ").contains("since must be a whole number");
        assertThat(node.commands).isEmpty();
    }

    @Test
    void shouldHandEventsOutAtOnceOrWhenTheyHappen() throws Exception {
        node.happen("one");
        assertThat(client.events(0, 30).events()).extracting("text").containsExactly("one");
        assertThat(client.events(1, 0).events()).isEmpty();

        CompletableFuture<EventList> waiting = CompletableFuture.supplyAsync(() -> {
            try {
                return client.events(1, 30);
            } catch (ControlException e) {
                throw new IllegalStateException(e);
            }
        });
        await().atMost(Duration.ofSeconds(90)).until(() -> node.listenerCount() == 1);
        node.happen("two");
        assertThat(waiting.get().events()).extracting("text").containsExactly("two");
        await().atMost(Duration.ofSeconds(90)).until(() -> node.listenerCount() == 0);
    }

    @Test
    void shouldForgetAWaiterThatHasGone() throws Exception {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(server.socket()))) {
            channel.write(bytes("GET /v1/events?since=0&wait=60 HTTP/1.1\r\n\r\n"));
            await().atMost(Duration.ofSeconds(90)).until(() -> node.listenerCount() == 1);
        }
        await().atMost(Duration.ofSeconds(90)).until(() -> node.listenerCount() == 0);
    }

    @Test
    void shouldTakeNoMoreConnectionsThanItsLimitAndRecover() throws Exception {
        List<SocketChannel> idle = new ArrayList<>();
        try {
            for (int i = 0; i < ControlServer.MAX_CONNECTIONS; i++) {
                idle.add(SocketChannel.open(UnixDomainSocketAddress.of(server.socket())));
            }
            assertThatThrownBy(client::status).isInstanceOf(ControlException.class);
            idle.get(0).close();
            await().atMost(Duration.ofSeconds(90)).ignoreExceptions().until(() -> client.status().node().equals("adam"));
        } finally {
            for (SocketChannel channel : idle) {
                channel.close();
            }
        }
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Everything the server says until it closes; the request's end is the end of our stream. */
    private String raw(String request) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(server.socket()))) {
            channel.write(bytes(request));
            channel.shutdownOutput();
            ByteBuffer answer = ByteBuffer.allocate(64 << 10);
            while (channel.read(answer) >= 0) {
                assertThat(answer.hasRemaining()).isTrue();
            }
            return new String(answer.array(), 0, answer.position(), StandardCharsets.UTF_8);
        }
    }
}
