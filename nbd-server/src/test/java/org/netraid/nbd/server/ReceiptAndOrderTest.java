/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.nbd.wire.Extension;
import org.netraid.nbd.wire.MetaContextRequest;
import org.netraid.nbd.wire.NbdOption;
import org.netraid.sim.SimDiskOptions;

/**
 * {@code x-netraid:receipt} and {@code x-netraid:order} on the wire, with the stream whole (0) and cut into single bytes (1). Numbers are
 * the document's.
 */
class ReceiptAndOrderTest {

    private static final int SIZE = 1 << 20;
    private static final int READ = 0;
    private static final int WRITE = 1;
    private static final int DISC = 2;
    private static final int FLUSH = 3;
    private static final int TRIM = 4;
    private static final int ZEROES = 6;
    private static final int BARRIER = 0x4e02;
    private static final int RECEIPT = 0x1000;

    private ServerRig rig;
    private WireClient client;

    private void connect(int piece, String... contexts) {
        rig = new ServerRig(piece, ServerLimits.DEFAULT, SimDiskOptions.ofSize(SIZE));
        rig.service.offer(Set.of(Extension.values()));
        client = rig.connect().greet().structured();
        ByteBuffer query = new MetaContextRequest("", List.of(contexts)).encode();
        assertThat(client.ask(NbdOption.SET_META_CONTEXT, Arrays.copyOf(query.array(), query.remaining()))).hasSize(contexts.length + 1);
        client.go();
    }

    private void connect(int piece) {
        connect(piece, "x-netraid:receipt", "x-netraid:order");
    }

    private void write(int flags, int cookie, int block) {
        byte[] data = new byte[4096];
        Arrays.fill(data, (byte) cookie);
        client.request(WRITE, flags, cookie, block * 4096L, 4096, data);
    }

    private int at(int block) {
        return rig.disk.content(block * 4096L, 1)[0];
    }

    /** What the server has said: "5+" received, "5" done, "5!errno" failed. */
    private List<String> answers() {
        client.settle();
        List<String> answers = new ArrayList<>();
        while (client.available() > 0) {
            WireClient.Reply reply = client.nextIsChunk() ? client.takeChunk() : client.takeSimple(0);
            if (reply.chunkType() == 0x4e02) {
                assertThat(reply.done()).isFalse();
                assertThat(reply.data()).isEmpty();
                answers.add(reply.cookie() + "+");
            } else {
                assertThat(reply.done()).isTrue();
                answers.add(reply.cookie() + (reply.error() == 0 ? "" : "!" + reply.error()));
            }
        }
        return answers;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldAcknowledgeReceiptBeforeTheDiskHasIt(int piece) {
        connect(piece);
        rig.disk.fault().on(BlockCommand.WRITE, BlockCommand.TRIM, BlockCommand.WRITE_ZEROES).hang();
        write(RECEIPT, 1, 0);
        write(0, 2, 1);
        client.request(ZEROES, RECEIPT, 3, 8192, 4096);
        client.request(TRIM, RECEIPT, 4, 12288, 4096);
        client.request(READ, RECEIPT, 5, 0, 512);
        assertThat(answers()).containsExactly("1+", "3+", "4+", "5!22");
        rig.disk.clearFaults();
        assertThat(answers()).containsExactlyInAnyOrder("1", "2", "3", "4");
        assertThat(at(0)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldNotAcknowledgeWhatItRefusesAndTellOfAFailureAfterReceipt(int piece) {
        connect(piece);
        client.request(WRITE, RECEIPT, 1, SIZE, 512, new byte[512]);
        client.request(WRITE, RECEIPT, 2, 0, 0);
        rig.disk.fault().on(BlockCommand.WRITE).once().fail(BlockError.EIO);
        write(RECEIPT, 3, 0);
        assertThat(answers()).containsExactly("1!28", "2", "3+", "3!5");
        connect(piece, "x-netraid:order");
        write(RECEIPT, 4, 0);
        assertThat(answers()).as("not negotiated").containsExactly("4!22");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldHoldBackWhatStandsBehindABarrier(int piece) {
        connect(piece);
        rig.disk.fault().on(BlockCommand.WRITE).area(0, 4096).once().hang();
        write(0, 1, 0);
        write(0, 2, 1);
        client.request(BARRIER, 0, 3, 0, 0);
        write(RECEIPT, 4, 2);
        client.request(FLUSH, 0, 5, 0, 0);
        client.request(BARRIER, 0, 6, 0, 0);
        write(RECEIPT, 7, 2);
        client.request(READ, 0, 8, 0, 1);
        assertThat(answers()).containsExactlyInAnyOrder("2", "4+", "7+", "8");
        assertThat(at(2)).isZero();
        assertThat(rig.disk.flushes()).isZero();
        rig.disk.releaseHung();
        assertThat(answers()).hasSize(6).containsSubsequence("1", "3", "4", "6", "7").contains("5");
        assertThat(at(2)).isEqualTo(7);
        assertThat(rig.disk.durableContent(0, 1)[0]).isEqualTo((byte) 1);
        assertThat(rig.pool.inUseBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldCarryOutNothingBehindABarrierWhenSomethingBeforeItFailed(int piece) {
        connect(piece);
        rig.disk.fault().on(BlockCommand.WRITE).area(4096, 4096).once().fail(BlockError.EIO);
        write(0, 1, 0);
        write(0, 2, 1);
        write(0, 3, 2);
        client.request(BARRIER, 0, 4, 0, 0);
        write(RECEIPT, 5, 3);
        client.request(FLUSH, 0, 6, 0, 0);
        client.request(BARRIER, 0, 7, 0, 0);
        assertThat(answers()).contains("1", "2!5", "3", "4!5", "5!5", "6!5", "7!5");
        write(RECEIPT, 8, 3);
        client.request(READ, 0, 9, 0, 1);
        assertThat(answers()).as("neither received nor done").containsExactlyInAnyOrder("8!5", "9");
        assertThat(at(3)).isZero();
        assertThat(rig.disk.flushes()).isZero();
        assertThat(rig.pool.inUseBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldBreakTheOrderAlsoForWhatWasRefused(int piece) {
        connect(piece);
        client.request(WRITE, 0, 1, SIZE, 512, new byte[512]);
        client.request(FLUSH, 0, 2, 0, 0);
        assertThat(answers()).as("no barrier, no order").containsExactly("1!28", "2");
        client.request(BARRIER, 0, 3, 0, 0);
        assertThat(answers()).containsExactly("3!5");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldCarryOutWhatItHasReceivedWhenTheClientIsGone(int piece) {
        for (boolean disc : new boolean[] {false, true}) {
            connect(piece);
            rig.disk.fault().on(BlockCommand.WRITE).area(0, 4096).once().hang();
            write(RECEIPT, 1, 0);
            client.request(BARRIER, 0, 2, 0, 0);
            write(RECEIPT, 3, 1);
            client.request(BARRIER, 0, 4, 0, 0);
            client.request(ZEROES, RECEIPT, 5, 0, 4096);
            write(RECEIPT, 6, 0);
            if (disc) {
                client.request(DISC, 0, 7, 0, 0);
            } else {
                client.send(Arrays.copyOf(WireClient.requestBytes(WRITE, 0, 8, 8192, 4096, new byte[4096]), 3000));
                client.link.hangUp();
            }
            client.settle();
            assertThat(rig.service.connections()).isEqualTo(1);
            rig.disk.releaseHung();
            client.settle();
            assertThat(rig.service.connections()).isZero();
            assertThat(at(1)).isEqualTo(3);
            assertThat(rig.pool.inUseBytes()).isZero();
            assertThat(rig.opens).containsExactly("+disk", "-disk");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldRefuseBarriersThatAreNotNegotiatedOrNotEmpty(int piece) {
        connect(piece);
        client.request(BARRIER, 1, 1, 0, 0);
        client.request(BARRIER, 0, 2, 1, 0);
        client.request(BARRIER, 0, 3, 0, 1);
        client.request(BARRIER, 0, 4, 0, 0);
        assertThat(answers()).containsExactly("1!22", "2!22", "3!22", "4");
        connect(piece, "x-netraid:receipt");
        client.request(BARRIER, 0, 5, 0, 0);
        assertThat(answers()).containsExactly("5!22");
    }

    @Test
    void shouldSendAcknowledgementsWithExtendedHeaders() {
        rig = new ServerRig(0, ServerLimits.DEFAULT, SimDiskOptions.ofSize(SIZE));
        rig.service.offer(Set.of(Extension.values()));
        client = rig.connect().greet();
        client.ask(NbdOption.EXTENDED_HEADERS, new byte[0]);
        ByteBuffer query = new MetaContextRequest("", List.of("x-netraid:receipt")).encode();
        client.ask(NbdOption.SET_META_CONTEXT, Arrays.copyOf(query.array(), query.remaining()));
        client.go();
        client.send(ByteBuffer.allocate(32 + 512).putInt(0x21e41c71).putShort((short) (RECEIPT | 32)).putShort((short) WRITE)
                .putLong(77).putLong(512).putLong(512).array());
        for (int type : new int[] {0x4e02, 0}) {
            ByteBuffer head = ByteBuffer.wrap(client.take(32));
            assertThat(head.getInt()).isEqualTo(0x6e8a278c);
            assertThat(head.getShort()).isEqualTo((short) (type == 0 ? 1 : 0));
            assertThat(head.getShort()).isEqualTo((short) type);
            assertThat(head.getLong()).isEqualTo(77);
            assertThat(head.getLong()).isEqualTo(512);
            assertThat(head.getLong()).isZero();
        }
        assertThat(client.available()).isZero();
    }
}
