/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockError;
import org.netraid.nbd.wire.Compression;

/** What compression makes of the writes of a client. */
class ClientCompressionTest {

    private static final int SIZE = 8 << 20;

    private final ClientRig rig = new ClientRig(5, SIZE);

    private void connect(boolean lz4) {
        rig.config = NbdClientConfig.defaults().withCompression(Compression.FAST);
        rig.server.contexts = lz4 ? new String[] {"x-netraid:lz4"} : new String[0];
        rig.connect();
    }

    private static byte[] text(int length) {
        byte[] data = new byte[length];
        for (int i = 0; i < length; i++) {
            data[i] = (byte) ("NetRAID ".charAt(i % 8) + i / 999);
        }
        return data;
    }

    private static byte[] noise(int length) {
        byte[] data = new byte[length];
        new Random(1).nextBytes(data);
        return data;
    }

    private void write(long offset, byte[] data) {
        assertThat(rig.run(rig.request().write(offset, data, 0))).isEqualTo(BlockError.NONE);
        byte[] stored = Arrays.copyOfRange(rig.server.disk, (int) offset, (int) offset + data.length);
        assertThat(stored).isEqualTo(data);
    }

    @Test
    void shouldCompressWhatShrinksAndSendTheRestAsItIs() {
        connect(true);
        for (int length : new int[] {4096, 5000, 16 << 10, 64 << 10, 3 << 20}) {
            rig.server.commands.clear();
            write(4096, text(length));
            assertThat(rig.server.commands).allMatch(command -> command.type() == 0x4e03 && command.length() < length / 2);
            rig.server.commands.clear();
            write(4096, noise(length));
            assertThat(rig.server.commands).allMatch(command -> command.type() == FakeServer.WRITE);
        }
        assertThat(rig.server.violation).isEmpty();
        assertThat(rig.device.wireBytes()).isBetween(rig.device.dataBytes() / 2, rig.device.dataBytes() * 6 / 10);
        rig.assertClean();
    }

    @Test
    void shouldSendZerosAsSuch() {
        connect(true);
        write(512, new byte[70_000]);
        assertThat(rig.server.commands.get(0)).hasToString("6 70000@512");
        write(0, new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 1});
        assertThat(rig.server.commands.get(1).type()).isNotEqualTo(FakeServer.ZEROES);
        connectAgainWithoutZeroes();
    }

    private void connectAgainWithoutZeroes() {
        rig.device = null;
        rig.server.flags &= ~0x40;
        rig.server.commands.clear();
        connect(true);
        write(0, new byte[4096]);
        assertThat(rig.server.commands.get(0).type()).isEqualTo(0x4e03);
    }

    @Test
    void shouldSendPlainWritesToAServerWithoutTheExtension() {
        connect(false);
        write(0, text(65536));
        assertThat(rig.server.commands.get(0)).hasToString("1 65536@0");
        write(0, new byte[65536]);
        assertThat(rig.server.commands.get(1)).hasToString("6 65536@0");
    }

    @Test
    void shouldGoOnAsPlainWritesWhenItsMemoryIsUsedUp() {
        connect(true);
        rig.server.onCommand = command -> { };
        for (int i = 0; i < 30; i++) {
            rig.request().write(i * 65536L, text(65536), 0).submit();
        }
        rig.runFor(100);
        assertThat(rig.server.commands).hasSize(30);
        assertThat(rig.server.commands.stream().filter(command -> command.type() == 0x4e03)).hasSize(8);
        rig.server.commands.forEach(rig.server::ok);
        rig.runFor(100);
        rig.assertClean();
    }
}
