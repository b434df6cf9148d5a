/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.netraid.nbd.client.NbdExport;

/** The bytes on the kernel's interface. Numbers are written out from the kernel's headers, not taken from our constants. */
class NbdNetlinkTest {

    private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;
    private static final AttachPlan PLAN = new AttachPlan(3, 1L << 33, 4096, 0x0165, 30, 600);

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    @Test
    void shouldAskForTheFamilyByName() {
        assertThat(hex(NbdNetlink.findFamily(LITTLE, 7))).isEqualTo(
                "1c000000" + "1000" + "0500" + "07000000" + "00000000" // length, GENL_ID_CTRL, REQUEST|ACK, sequence, port
                + "03" + "01" + "0000" // CTRL_CMD_GETFAMILY
                + "0800" + "0200" + "6e626400"); // CTRL_ATTR_FAMILY_NAME "nbd"
        assertThat(hex(NbdNetlink.findFamily(ByteOrder.BIG_ENDIAN, 7))).startsWith("0000001c" + "0010" + "0005" + "00000007");
    }

    @Test
    void shouldConnectADeviceWithTwoSockets() {
        assertThat(hex(NbdNetlink.connect(LITTLE, 0x1b, 2, PLAN, List.of(9, 10)))).isEqualTo(
                "74000000" + "1b00" + "0500" + "02000000" + "00000000"
                + "01" + "01" + "0000" // NBD_CMD_CONNECT
                + "0800" + "0100" + "03000000" // INDEX
                + "0c00" + "0200" + "0000000002000000" // SIZE_BYTES
                + "0c00" + "0300" + "0010000000000000" // BLOCK_SIZE_BYTES
                + "0c00" + "0500" + "6501000000000000" // SERVER_FLAGS
                + "0c00" + "0400" + "1e00000000000000" // TIMEOUT
                + "0c00" + "0800" + "5802000000000000" // DEAD_CONN_TIMEOUT
                + "1c00" + "0700" // SOCKETS
                + "0c00" + "0100" + "0800" + "0100" + "09000000" // SOCK_ITEM, SOCK_FD
                + "0c00" + "0100" + "0800" + "0100" + "0a000000");
    }

    @Test
    void shouldReconfigureAndDisconnectByIndex() {
        AttachPlan plain = new AttachPlan(3, 1L << 33, 4096, 1, 0, 0);
        assertThat(hex(NbdNetlink.reconfigure(LITTLE, 0x1b, 2, plain, List.of(5)))).isEqualTo(
                "2c000000" + "1b00" + "0500" + "02000000" + "00000000" + "03010000"
                + "0800" + "0100" + "03000000" + "1000" + "0700" + "0c00" + "0100" + "0800" + "0100" + "05000000");
        assertThat(hex(NbdNetlink.disconnect(LITTLE, 0x1b, 2, 3))).isEqualTo(
                "1c000000" + "1b00" + "0500" + "02000000" + "00000000" + "02010000" + "0800" + "0100" + "03000000");
    }

    @Test
    void shouldReadTheFamilysNumberAndTheEnd() {
        byte[] answer = HexFormat.of().parseHex(
                "24000000" + "1000" + "0000" + "07000000" + "01000000" + "01020000" // CTRL_CMD_NEWFAMILY
                + "0800" + "0200" + "6e626400" + "0600" + "0100" + "1b000000" // name, id of 2 bytes and padding
                + "24000000" + "0200" + "0001" + "07000000" + "01000000" + "00000000" // NLMSG_ERROR 0
                + "1c000000" + "1000" + "0500" + "07000000" + "00000000");
        NetlinkReply reply = new NetlinkReply(7, 1);
        reply.onDatagram(answer, answer.length, LITTLE);
        assertThat(reply.isFinished()).isTrue();
        assertThat(reply.errno()).isZero();
        assertThat(reply.value()).hasValue(0x1b);
    }

    @Test
    void shouldReadAnErrorAndIgnoreAnswersToOthers() {
        byte[] other = HexFormat.of().parseHex("14000000" + "0200" + "0000" + "06000000" + "00000000" + "ffffffff");
        byte[] mine = HexFormat.of().parseHex("14000000" + "0200" + "0000" + "07000000" + "00000000" + "f0ffffff");
        NetlinkReply reply = new NetlinkReply(7, 1);
        reply.onDatagram(other, other.length, LITTLE);
        assertThat(reply.isFinished()).isFalse();
        reply.onDatagram(mine, mine.length, LITTLE);
        assertThat(reply.isFinished()).isTrue();
        assertThat(reply.errno()).isEqualTo(16);
        assertThat(reply.value()).isEmpty();
    }

    @Test
    void shouldRefuseLengthsThatContradictEachOther() {
        for (String broken : List.of("08000000" + "0200" + "0000" + "07000000" + "00000000",
                "40000000" + "0200" + "0000" + "07000000" + "00000000",
                "1c000000" + "1000" + "0000" + "07000000" + "01000000" + "01020000" + "0300" + "0100" + "00000000",
                "1c000000" + "1000" + "0000" + "07000000" + "01000000" + "01020000" + "4000" + "0100" + "00000000")) {
            byte[] bytes = HexFormat.of().parseHex(broken);
            assertThatThrownBy(() -> new NetlinkReply(7, 1).onDatagram(bytes, bytes.length, LITTLE)).as(broken)
                    .isInstanceOf(IllegalArgumentException.class);
        }
        Random random = new Random(4);
        for (int i = 0; i < 20_000; i++) {
            byte[] noise = new byte[random.nextInt(80)];
            random.nextBytes(noise);
            if (noise.length > 12 && random.nextBoolean()) {
                ByteBuffer.wrap(noise).order(LITTLE).putInt(0, noise.length).putInt(8, 7);
            }
            try {
                new NetlinkReply(7, 1).onDatagram(noise, noise.length, LITTLE);
            } catch (IllegalArgumentException refused) {
                assertThat(refused).hasMessageContaining("netlink");
            }
        }
    }

    @Test
    void shouldPlanBlocksThatTheKernelCanUse() {
        AttachPlan odd = AttachPlan.of(export(1_000_000, 1), 0, true, 30, 0);
        assertThat(odd.blockBytes()).isEqualTo(512);
        assertThat(odd.sizeBytes()).as("whole blocks").isEqualTo(1_000_000 / 512 * 512);
        assertThat(odd.transmissionFlags()).as("read-only").isEqualTo(1 | 2);
        assertThat(AttachPlan.of(export(1 << 20, 4096), 0, false, 30, 0).blockBytes()).isEqualTo(4096);
        assertThatThrownBy(() -> AttachPlan.of(export(1 << 20, 8192), 0, false, 30, 0)).hasMessageContaining("blocks of 8192");
        assertThatThrownBy(() -> AttachPlan.of(export(100, 1), 0, false, 30, 0)).hasMessageContaining("100 bytes");
    }

    private static NbdExport export(long size, int minBlock) {
        return new NbdExport("", "", size, 1, minBlock, Math.max(4096, minBlock), 32 << 20, true, false, false, List.of());
    }
}
