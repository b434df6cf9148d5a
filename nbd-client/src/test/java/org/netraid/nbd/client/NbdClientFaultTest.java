/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.block.BlockError;
import org.netraid.sim.SimLinkOptions;
import org.netraid.sim.SimRandom;

/** The device when the server or the network misbehaves. */
class NbdClientFaultTest {

    private static final int SIZE = 1 << 20;

    private final ClientRig rig = new ClientRig(1, SIZE);

    // ---- the network

    @Test
    void shouldFailWhatIsInFlightAndWhatComesLaterWhenTheConnectionIsLost() {
        rig.connect();
        rig.server.onCommand = held -> { };
        ClientRig.Tracked read = rig.request().read(0, ByteBuffer.allocate(512)).submit();
        ClientRig.Tracked write = rig.request().write(0, new byte[512], 0).submit();
        rig.runFor(5);
        rig.network.kill("server");
        rig.untilDisconnected();
        assertThat(read.error).isEqualTo(BlockError.EIO);
        assertThat(write.error).isEqualTo(BlockError.EIO);
        assertThat(write.detail).contains("nbd server:10809 export 'disk'").contains("WRITE of 512 bytes at 0")
                .contains("connection lost").contains("may or may not");
        ClientRig.Tracked late = rig.request().write(0, new byte[512], 0);
        assertThat(rig.run(late)).isEqualTo(BlockError.EIO);
        assertThat(late.detail).contains("not connected");
        assertThat(rig.disconnectReason).contains("connection lost");
        rig.assertClean();
    }

    @Test
    void shouldGiveUpAHungServerAfterTheTimeoutAndIgnoreItsLateAnswer() {
        rig.config = rig.config.withRequestTimeoutNs(500 * ClientRig.MS);
        rig.connect();
        rig.server.onCommand = held -> { };
        byte[] untouched = new byte[512];
        ByteBuffer into = ByteBuffer.wrap(untouched);
        long startNs = rig.scheduler.nanoTime();
        ClientRig.Tracked read = rig.request().read(0, into).submit();
        rig.runFor(400);
        ClientRig.Tracked younger = rig.request().flush().submit();
        rig.until(read);
        assertThat(rig.scheduler.nanoTime() - startNs).isBetween(500 * ClientRig.MS, 501 * ClientRig.MS);
        rig.until(younger);
        assertThat(read.error).isEqualTo(BlockError.EIO);
        assertThat(read.detail).contains("no answer to READ of 512 bytes at 0 for 500 ms");
        Arrays.fill(rig.server.disk, (byte) 1);
        rig.server.serve(rig.server.commands.get(0));
        rig.runFor(1000);
        assertThat(untouched).containsOnly(0);
        assertThat(rig.disconnects).isEqualTo(1);
        rig.assertClean();
    }

    @Test
    void shouldNotTimeOutWhileTheServerMakesProgress() {
        rig.config = rig.config.withRequestTimeoutNs(100 * ClientRig.MS);
        rig.server.blockSizes = new int[] {512, 4096, 4096};
        rig.connect();
        rig.server.onCommand = command -> rig.scheduler.after((rig.server.commands.size() - 1) * 50 * ClientRig.MS, "slow",
                () -> rig.server.ok(command));
        ClientRig.Tracked big = rig.request().write(0, new byte[64 << 10], 0);
        assertThat(rig.run(big)).as(big.detail).isEqualTo(BlockError.NONE);
        rig.runFor(1000);
        assertThat(rig.disconnects).as("an idle connection does not time out").isZero();
    }

    @Test
    void shouldTimeOutOnAHalfOpenConnectionAndGiveEveryBufferBack() {
        rig.config = rig.config.withRequestTimeoutNs(200 * ClientRig.MS);
        rig.connect();
        rig.network.cutBoth("client", "server");
        for (int i = 0; i < 50; i++) {
            rig.request().write(i * 16384L, new byte[16384], 0).submit();
        }
        rig.untilDisconnected();
        rig.runFor(10);
        assertThat(rig.tracked).allMatch(one -> one.error == BlockError.EIO);
        rig.assertClean();
    }

    @Test
    void shouldAbortAtOnceAndNeverInsideTheCall() {
        rig.connect();
        rig.server.onCommand = held -> { };
        ClientRig.Tracked write = rig.request().write(0, new byte[512], 0).submit();
        rig.connection.abort("the target is fenced");
        assertThat(write.completions).isZero();
        assertThat(rig.disconnects).isZero();
        rig.untilDisconnected();
        assertThat(write.detail).contains("the target is fenced");
        rig.assertClean();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldSurviveACutAtEveryByteOfASession(boolean fromServer) {
        for (int cutAt = 0; cutAt < 900; cutAt += cutAt < 400 ? 1 : 7) {
            ClientRig cut = new ClientRig(cutAt, SIZE, new SimLinkOptions(1000, 2000, 64 << 10, 64 << 10, 500));
            if (!fromServer) {
                cut.network.resetNextAfter("client", "server", cutAt);
            }
            cut.start();
            if (fromServer) {
                cut.scheduler.runUntil(() -> !cut.network.connections().isEmpty(), 1000);
                if (!cut.network.connections().isEmpty()) {
                    cut.stream().resetAfter("server", cutAt);
                }
            }
            cut.scheduler.runUntil(() -> cut.device != null || !cut.connectFailure.isEmpty(), 100_000);
            if (cut.device == null) {
                assertThat(cut.connectFailure).isNotEmpty();
                continue;
            }
            for (int i = 0; i < 4; i++) {
                cut.request().write(i * 4096L, new byte[200], 0).submit();
                cut.request().read(i * 4096L, ByteBuffer.allocate(100)).submit();
                cut.request().flush().submit();
            }
            cut.runFor(20_000);
            cut.assertClean();
        }
    }

    // ---- the server's end

    @Test
    void shouldLeaveInOrderWhenTheServerShutsDown() {
        rig.config = rig.config.withLimits(2, 1 << 20, 100);
        rig.connect();
        rig.server.onCommand = command -> {
            if (rig.server.commands.size() == 1) {
                rig.server.chunk(command.cookie(), 1, 0x8001, FakeServer.errorPayload(108, "bye"));
            } else {
                rig.scheduler.after(5 * ClientRig.MS, "late", () -> rig.server.ok(command));
            }
        };
        ClientRig.Tracked[] writes = new ClientRig.Tracked[4];
        for (int i = 0; i < 4; i++) {
            writes[i] = rig.request().write(0, new byte[512], 0).submit();
        }
        rig.untilDisconnected();
        rig.runFor(10);
        assertThat(writes[0].error).isEqualTo(BlockError.ESHUTDOWN);
        assertThat(writes[1].error).as("was in flight").isEqualTo(BlockError.NONE);
        assertThat(writes[2].error).as("was not sent").isEqualTo(BlockError.ESHUTDOWN);
        assertThat(rig.server.disconnected).as("DISC").isTrue();
        assertThat(rig.disconnectReason).contains("the server is shutting down");
        assertThat(rig.server.commands).hasSize(2);
        rig.assertClean();
    }

    @Test
    void shouldCloseAfterWhatIsInFlightAndRefuseWhatComesLater() {
        rig.connect();
        int[] closed = {0};
        ClientRig.Tracked write = rig.request().write(0, new byte[512], 0).submit();
        rig.device.close(() -> closed[0]++);
        ClientRig.Tracked late = rig.request().flush().submit();
        assertThat(rig.scheduler.runUntil(() -> closed[0] == 1, 100_000)).isTrue();
        assertThat(write.error).isEqualTo(BlockError.NONE);
        assertThat(late.error).isEqualTo(BlockError.ESHUTDOWN);
        rig.device.close(() -> closed[0]++);
        assertThat(rig.scheduler.runUntil(() -> closed[0] == 2, 100)).isTrue();
        assertThat(rig.disconnects).isEqualTo(1);
        rig.assertClean();
    }

    @Test
    void shouldComeToAnEndWhenClosingAHungServer() {
        rig.config = rig.config.withRequestTimeoutNs(300 * ClientRig.MS);
        rig.connect();
        rig.server.onCommand = held -> { };
        rig.request().flush().submit();
        boolean[] closed = {false};
        rig.device.close(() -> closed[0] = true);
        rig.runFor(400);
        assertThat(closed[0]).isTrue();
        assertThat(rig.disconnectReason).contains("closed by this side").contains("no answer to FLUSH");
        rig.assertClean();
    }

    // ---- the handshake

    @Test
    void shouldSayWhyThereIsNoConnection() {
        rig.network.kill("server");
        rig.config = rig.config.withConnectTimeoutNs(100 * ClientRig.MS);
        rig.connect();
        assertThat(rig.connectFailure).contains("nbd server:10809 export 'disk'").contains("cannot connect");
    }

    @Test
    void shouldNotWaitForEverForAGreeting() {
        rig.server.silentHandshake = true;
        rig.config = rig.config.withHandshakeTimeoutNs(100 * ClientRig.MS);
        rig.connect();
        assertThat(rig.connectFailure).contains("did not finish the handshake within 100 ms");
        rig.runFor(1000);
        assertThat(rig.network.connections()).isEmpty();
    }

    @Test
    void shouldRefuseAnExportOfAnotherSizeWithNumbers() {
        rig.target = rig.target.withExpectedSize(SIZE + 512);
        rig.connect();
        assertThat(rig.connectFailure).contains(SIZE + " bytes now").contains("expected " + (SIZE + 512));
        rig.runFor(10);
        assertThat(rig.server.disconnected).as("left in order").isTrue();
        assertThat(rig.connects).isZero();
    }

    @Test
    void shouldGiveUpAHandshakeOnRequest() {
        rig.server.silentHandshake = true;
        rig.start();
        rig.connection.abort("not needed any more");
        assertThat(rig.connectFailure).isEmpty();
        rig.runFor(20_000);
        assertThat(rig.connectFailure).contains("not needed any more");
        assertThat(rig.network.connections()).isEmpty();
    }

    // ---- broken replies

    /** Sends something wrong as the answer to a READ of 1000 bytes at 4096, and expects a cut with this reason. */
    private void assertCut(String reason, Consumer<FakeServer.Command> wrong) {
        ClientRig broken = new ClientRig(3, SIZE);
        broken.connect();
        broken.server.onCommand = command -> { };
        ClientRig.Tracked read = broken.request().read(4096, ByteBuffer.allocate(1000)).submit();
        ClientRig.Tracked other = broken.request().flush().submit();
        broken.runFor(5);
        broken.server.onCommand = null;
        serverOf(broken, wrong);
        broken.untilDisconnected();
        assertThat(read.error).isEqualTo(BlockError.EIO);
        assertThat(other.error).isEqualTo(BlockError.EIO);
        assertThat(broken.disconnectReason).contains("breaks the protocol").contains(reason);
        broken.assertClean();
    }

    private FakeServer now;

    private void serverOf(ClientRig broken, Consumer<FakeServer.Command> wrong) {
        now = broken.server;
        wrong.accept(broken.server.commands.get(0));
    }

    private static byte[] hole(long offset, int length) {
        return ByteBuffer.allocate(12).putLong(offset).putInt(length).array();
    }

    @Test
    void shouldCutTheStreamWhenRepliesBreakTheProtocol() {
        assertCut("no reply magic", c -> now.raw("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
        assertCut("belongs to no command", c -> now.simple(c.cookie() + (1 << 16), 5));
        assertCut("belongs to no command", c -> now.chunk(12345, 1, 0));
        assertCut("simple reply to READ", c -> now.simple(c.cookie(), 0, new byte[1000]));
        assertCut("BLOCK_STATUS answers READ", c -> now.chunk(c.cookie(), 1, 5, new byte[12]));
        assertCut("unknown chunk type 0x7", c -> now.chunk(c.cookie(), 1, 7));
        assertCut("NONE chunk", c -> now.chunk(c.cookie(), 1, 0, new byte[1]));
        assertCut("NONE chunk", c -> now.chunk(c.cookie(), 0, 0));
        assertCut("not every byte", c -> now.chunk(c.cookie(), 1, 0));
        assertCut("not every byte", c -> now.data(c, 1, 4096, 999));
        assertCut("OFFSET_DATA chunk of 8 bytes", c -> now.chunk(c.cookie(), 1, 1, new byte[8]));
        assertCut("OFFSET_DATA chunk of 1009 bytes", c -> now.chunk(c.cookie(), 1, 1, new byte[1009]));
        assertCut("answers a READ of 1000 bytes at 4096", c -> now.data(c, 1, 4095, 10));
        assertCut("answers a READ of 1000 bytes at 4096", c -> now.data(c, 1, 5090, 10));
        assertCut("answers a READ of 1000 bytes at 4096", c -> now.chunk(c.cookie(), 1, 2, hole(4096, 1001)));
        assertCut("answers a READ of 1000 bytes at 4096", c -> now.chunk(c.cookie(), 1, 2, hole(4096, 0)));
        assertCut("answers a READ of 1000 bytes at 4096", c -> now.chunk(c.cookie(), 1, 2, hole(-1, 5)));
        assertCut("answers a READ of 1000 bytes at 4096", c -> now.chunk(c.cookie(), 1, 2, hole(4096, -1)));
        assertCut("OFFSET_HOLE chunk of 13", c -> now.chunk(c.cookie(), 1, 2, new byte[13]));
        assertCut("overlap", c -> {
            now.data(c, 0, 4096, 600);
            now.data(c, 1, 4596, 500);
        });
        assertCut("OFFSET_DATA answers FLUSH", c -> now.data(now.commands.get(1), 1, 4096, 9));
        assertCut("ERROR of 5 bytes", c -> now.chunk(c.cookie(), 1, 0x8001, new byte[5]));
        assertCut("bytes", c -> now.chunk(c.cookie(), 1, 0x8009, new byte[70_000]));
        assertCut("belongs to no command", c -> {
            now.chunk(now.commands.get(1).cookie(), 1, 0x8001, FakeServer.errorPayload(5, ""));
            now.chunk(now.commands.get(1).cookie(), 1, 0x8001, FakeServer.errorPayload(5, ""));
        }, true);
    }

    private void assertCut(String reason, Consumer<FakeServer.Command> wrong, boolean flushAnswered) {
        assertThat(flushAnswered).isTrue();
        ClientRig broken = new ClientRig(4, SIZE);
        broken.connect();
        broken.server.onCommand = command -> { };
        broken.request().read(4096, ByteBuffer.allocate(1000)).submit();
        broken.request().flush().submit();
        broken.runFor(5);
        serverOf(broken, wrong);
        broken.untilDisconnected();
        assertThat(broken.disconnectReason).contains(reason);
        broken.assertClean();
    }

    @Test
    void shouldCutTheStreamOnAStructuredReplyThatWasNotNegotiated() {
        rig.server.structured = false;
        rig.connect();
        rig.server.onCommand = command -> rig.server.chunk(command.cookie(), 1, 0);
        rig.request().flush().submit();
        rig.untilDisconnected();
        assertThat(rig.disconnectReason).contains("none are negotiated");
        rig.assertClean();
    }

    @Test
    void shouldTakeErrorsOfEveryShapeWithTheirMessages() {
        rig.connect();
        ByteBuffer withOffset = ByteBuffer.allocate(6 + 3 + 8).putInt(5).putShort((short) 3)
                .put("bad".getBytes(StandardCharsets.US_ASCII)).putLong(17);
        assertError(BlockError.EIO, "bad", c -> rig.server.chunk(c.cookie(), 1, 0x8002, withOffset.array()));
        assertError(BlockError.ENOSPC, "an  odd one", c -> rig.server.chunk(c.cookie(), 1, 0x8123,
                FakeServer.errorPayload(28, "an\r\nodd one")));
        assertError(BlockError.EINVAL, "", c -> rig.server.chunk(c.cookie(), 1, 0x8123));
        assertError(BlockError.EINVAL, "", c -> rig.server.chunk(c.cookie(), 1, 0x8123, new byte[20_000]));
        assertError(BlockError.EINVAL, "", c -> rig.server.chunk(c.cookie(), 1, 0x8001, FakeServer.errorPayload(4711, "")));
        assertError(BlockError.EINVAL, "", c -> rig.server.chunk(c.cookie(), 1, 0x8001, FakeServer.errorPayload(0, "none?")));
        assertError(BlockError.EPERM, "", c -> rig.server.simple(c.cookie(), 1));
        // the first error counts, also when data and another error follow it
        rig.server.onCommand = c -> {
            rig.server.chunk(c.cookie(), 0, 0x8001, FakeServer.errorPayload(5, "first"));
            rig.server.data(c, 0, c.offset(), 10);
            rig.server.chunk(c.cookie(), 1, 0x8001, FakeServer.errorPayload(28, "second"));
        };
        ClientRig.Tracked read = rig.request().read(0, ByteBuffer.allocate(100));
        assertThat(rig.run(read)).isEqualTo(BlockError.EIO);
        assertThat(read.detail).endsWith("the server answered EIO: first");
        rig.assertClean();
    }

    private void assertError(BlockError error, String message, Consumer<FakeServer.Command> answer) {
        rig.server.onCommand = answer;
        ClientRig.Tracked write = rig.request().write(0, new byte[512], 0);
        assertThat(rig.run(write)).isEqualTo(error);
        assertThat(write.detail).contains(message);
    }

    // ---- everything at once

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
    void shouldCompleteEveryRequestExactlyOnceUnderRandomFaults(int block) {
        for (int seed = block * 25; seed < block * 25 + 25; seed++) {
            new RandomFaults(seed).run();
        }
    }

    /** Random requests against a server that at random answers, delays, errs, lies, hangs, and is cut off. */
    private static final class RandomFaults {
        private final SimRandom random;
        private final ClientRig rig;
        private final int seed;

        RandomFaults(int seed) {
            this.seed = seed;
            random = new SimRandom(seed);
            rig = new ClientRig(seed, SIZE, new SimLinkOptions(1000, 200_000, 8 << 10, 8 << 10, 300));
            rig.config = rig.config.withRequestTimeoutNs(200 * ClientRig.MS)
                    .withLimits(1 + random.nextInt(20), 1 + random.nextInt(100_000), 1 + random.nextInt(50));
            int min = 1 << random.nextInt(13);
            rig.server.blockSizes = new int[] {min, 4096, 8192 << random.nextInt(3)};
            rig.server.structured = random.nextBoolean();
            rig.server.flags = 0x01 | random.nextInt(1 << 6) << 2 & 0x6c;
            rig.server.onCommand = this::serve;
        }

        private void serve(FakeServer.Command command) {
            int dice = random.nextInt(1000);
            if (dice < 300) {
                rig.scheduler.after(random.nextLong(20 * ClientRig.MS), "delayed", () -> rig.server.serve(command));
            } else if (dice < 320) {
                rig.server.simple(command.cookie(), 5);
            } else if (dice < 325) {
                rig.server.simple(command.cookie(), 108);
            } else if (dice < 328) {
                rig.server.raw(new byte[1 + random.nextInt(40)]);
            } else if (dice < 331) {
                rig.server.serve(command);
                rig.server.serve(command);
            } else if (dice >= 335) {
                rig.server.serve(command);
            }
        }

        void run() {
            rig.connect();
            for (int i = 0; i < 150; i++) {
                submitOne();
                if (random.chance(300)) {
                    rig.runFor(random.nextInt(10));
                }
                if (random.chance(5)) {
                    rig.network.resetAll("client", "server");
                } else if (random.chance(3)) {
                    rig.connection.abort("chaos");
                } else if (random.chance(3)) {
                    rig.device.close(() -> { });
                } else if (random.chance(5)) {
                    rig.network.cut("server", "client");
                }
            }
            rig.runFor(60_000);
            rig.network.healAll();
            rig.device.close(() -> { });
            rig.runFor(60_000);
            assertThat(rig.tracked).as("seed " + seed).allMatch(one -> one.completions == 1);
            assertThat(rig.disconnects).as("seed " + seed).isEqualTo(1);
            assertThat(rig.device.requestsInFlight()).isZero();
            assertThat(rig.server.violation).as("seed " + seed).isEmpty();
        }

        private void submitOne() {
            int length = 1 + random.nextInt(random.nextBoolean() ? 600 : 30_000);
            long offset = random.nextInt(SIZE - length);
            switch (random.nextInt(5)) {
                case 0 -> rig.request().flush().submit();
                case 1 -> rig.request().trim(offset, length).submit();
                case 2 -> rig.request().zeroes(offset, length, 0).submit();
                case 3 -> rig.request().read(offset, ByteBuffer.allocate(length)).submit();
                default -> rig.request().write(offset, new byte[length], 0).submit();
            }
        }
    }
}
