/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.peer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.netraid.link.Link;
import org.netraid.link.LinkAddress;
import org.netraid.link.LinkFactory;
import org.netraid.link.LinkHandler;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimNetwork;
import org.netraid.sim.SimScheduler;

class PeerNetworkTest {

    private static final long MS = 1_000_000L;
    private static final String SECRET = "a secret of the cluster";

    private final SimScheduler scheduler = new SimScheduler(1);
    private final SimNetwork network = new SimNetwork(scheduler);

    /** One node that answers "echo" and remembers what it is told. */
    private final class Node implements PeerEvents {
        final String name;
        final List<String> log = new ArrayList<>();
        final SimLoop loop;
        final PeerNetwork peers;
        final LinkFactory links;
        Answer held;

        Node(String name, String cluster, String secret, String... others) {
            this.name = name;
            loop = scheduler.loop(name);
            links = network.node(name, loop);
            List<PeerConfig.Peer> known = new ArrayList<>();
            for (String other : others) {
                known.add(new PeerConfig.Peer(other, LinkAddress.tcp(other, 7)));
            }
            PeerConfig config = new PeerConfig(cluster, name, LinkAddress.tcp(name, 7), known, secret.getBytes(StandardCharsets.UTF_8),
                    50 * MS, 300 * MS, 500 * MS, 50 * MS);
            peers = new PeerNetwork(config, links, loop, scheduler.random(name)::nextLong, this);
            loop.execute(() -> peers.start(error -> log.add("started" + error)));
        }

        @Override
        public void onPeerUp(String peer) {
            log.add("up " + peer);
        }

        @Override
        public void onPeerDown(String peer, String reason) {
            log.add("down " + peer);
        }

        @Override
        public void onRequest(String peer, String method, JsonNode body, Answer answer) {
            switch (method) {
                case "echo" -> answer.ok(body);
                case "hold" -> held = answer;
                default -> answer.error("no method " + method);
            }
        }

        @Override
        public void onRefused(String text) {
            log.add("refused: " + text);
        }

        List<PeerReply> ask(String peer, String method) {
            List<PeerReply> replies = new ArrayList<>();
            loop.execute(() -> peers.request(peer, method, JsonNodeFactory.instance.textNode("x"), 200 * MS, replies::add));
            return replies;
        }
    }

    @Test
    void shouldAnswerRequestsWhenBothKnowTheSecret() {
        Node a = new Node("a", "c", SECRET, "b");
        Node b = new Node("b", "c", SECRET, "a");
        scheduler.runFor(200 * MS);
        assertThat(a.log).containsExactly("started", "up b");
        assertThat(b.log).containsExactly("started", "up a");
        List<PeerReply> toB = a.ask("b", "echo");
        List<PeerReply> toA = b.ask("a", "nonsense");
        List<PeerReply> nowhere = b.ask("z", "echo");
        scheduler.runFor(200 * MS);
        assertThat(toB).singleElement().satisfies(reply -> assertThat(reply.body().asText()).isEqualTo("x"));
        assertThat(toA).singleElement().satisfies(reply -> assertThat(reply.error()).isEqualTo("no method nonsense"));
        assertThat(nowhere).singleElement().satisfies(reply -> assertThat(reply.error()).contains("no node z"));
    }

    @Test
    void shouldRefuseInOneLineWhenSecretClusterOrNameIsWrong() {
        Node a = new Node("a", "c", SECRET, "b", "d", "e");
        Node b = new Node("b", "c", SECRET + "!", "a");
        Node d = new Node("d", "other", SECRET, "a");
        Node e = new Node("e", "c", SECRET, "b");
        scheduler.runFor(3000 * MS);
        assertThat(a.log).noneMatch(line -> line.startsWith("up"));
        assertThat(a.log).anyMatch(line -> line.contains("b at") && line.contains("secret files differ"));
        assertThat(a.log).anyMatch(line -> line.contains("belongs to cluster c, this node to other"));
        assertThat(a.log).anyMatch(line -> line.contains("node a is not in this node's configuration"));
        assertThat(a.log.stream().filter(line -> line.contains("secret files differ"))).hasSize(1);
        assertThat(d.log).anyMatch(line -> line.contains("belongs to cluster c"));
        assertThat(e.log).hasSize(2);
        assertThat(b.log).noneMatch(line -> line.startsWith("up"));
    }

    @Test
    void shouldNoticeSilenceAndComeBack() {
        Node a = new Node("a", "c", SECRET, "b");
        Node b = new Node("b", "c", SECRET, "a");
        scheduler.runFor(200 * MS);
        network.cutBoth("a", "b");
        List<PeerReply> lost = a.ask("b", "echo");
        scheduler.runFor(1000 * MS);
        assertThat(a.log).containsExactly("started", "up b", "down b");
        assertThat(b.log).containsExactly("started", "up a", "down a");
        assertThat(lost).singleElement().satisfies(reply -> assertThat(reply.isOk()).isFalse());
        network.healAll();
        scheduler.runFor(2000 * MS);
        assertThat(a.log).endsWith("up b");
        assertThat(b.log).endsWith("up a");
    }

    @Test
    void shouldFailOpenRequestsWhenThePeerDies() {
        Node a = new Node("a", "c", SECRET, "b");
        Node b = new Node("b", "c", SECRET, "a");
        scheduler.runFor(200 * MS);
        List<PeerReply> held = a.ask("b", "hold");
        scheduler.runFor(50 * MS);
        assertThat(b.held).isNotNull();
        b.loop.kill();
        network.kill("b");
        scheduler.runFor(100 * MS);
        assertThat(held).singleElement().satisfies(reply -> assertThat(reply.error()).contains("b"));
        Node again = new Node("b", "c", SECRET, "a");
        scheduler.runFor(2000 * MS);
        assertThat(a.log).endsWith("down b", "up b");
        assertThat(again.log).contains("up a");
    }

    @Test
    void shouldTimeOutWhenThePeerDoesNotAnswer() {
        Node a = new Node("a", "c", SECRET, "b");
        new Node("b", "c", SECRET, "a");
        scheduler.runFor(200 * MS);
        List<PeerReply> held = a.ask("b", "hold");
        scheduler.runFor(300 * MS);
        assertThat(held).singleElement().satisfies(reply -> assertThat(reply.error()).contains("did not answer hold within 200 ms"));
    }

    @Test
    void shouldDropStrangersWithoutAllocatingWhatTheyAskFor() {
        Node b = new Node("b", "c", SECRET, "a");
        SimLoop loop = scheduler.loop("x");
        LinkFactory links = network.node("x", loop);
        List<String> ends = new ArrayList<>();
        for (byte[] greeting : List.of(new byte[] {0x7f, -1, -1, -1, 0}, new byte[] {0, 0, 0, 4, 'n', 'o', 'p', 'e'},
                new byte[] {0, 0, 0, 2, '{', '}'})) {
            loop.execute(() -> links.connect(LinkAddress.tcp("b", 7), 100 * MS, new LinkHandler() {
                @Override
                public void onOpen(Link link) {
                    link.write(ByteBuffer.wrap(greeting), null);
                    link.flush();
                }

                @Override
                public void onBytes(ByteBuffer bytes) {
                    bytes.position(bytes.limit());
                }

                @Override
                public void onClosed(String reason) {
                    ends.add(reason);
                }
            }, ends::add));
        }
        scheduler.runFor(2000 * MS);
        assertThat(ends).hasSize(3);
        assertThat(b.log).noneMatch(line -> line.startsWith("up"));
    }
}
