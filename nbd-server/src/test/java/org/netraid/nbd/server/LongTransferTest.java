/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.netraid.nbd.wire.NbdCommand;

/** Goal: long payloads are received in place and long requests do not hold up one another's replies. */
class LongTransferTest {

    private final ServerRig rig = new ServerRig();
    private final WireClient client = rig.connect().greet();

    @Test
    void shouldApplyAWriteWholeWhenItsPayloadWasReceivedInPlace() {
        client.go("");
        byte[] data = ServerRig.pattern(300_001, 5);
        byte[] request = WireClient.requestBytes(NbdCommand.WRITE, 0, 1, 4095, data.length, data);
        for (int at = 0; at < request.length; at += 50_000) {
            client.send(Arrays.copyOfRange(request, at, Math.min(at + 50_000, request.length)));
        }
        client.settle();
        assertThat(client.takeSimple(0).error()).isZero();
        assertThat(client.link.placedBytes).isGreaterThan(200_000);
        assertThat(rig.disk.content(4095, data.length)).isEqualTo(data);
    }

    @Test
    void shouldApplyNothingWhenTheLinkDiesAmidAPayloadReceivedInPlace() {
        client.go("");
        byte[] request = WireClient.requestBytes(NbdCommand.WRITE, 0, 1, 0, 300_000, ServerRig.pattern(300_000, 5));
        client.send(Arrays.copyOf(request, 100_000)).send(Arrays.copyOfRange(request, 100_000, 200_000));
        assertThat(client.link.placedBytes).isPositive();
        client.link.hangUp();
        client.settle();
        assertThat(rig.disk.writes()).isZero();
        assertThat(rig.pool.inUseBytes()).isZero();
    }

    @Test
    void shouldSendRepliesBetweenLongReadsThatCameTogether() {
        client.go("");
        client.settle();
        int flushesBefore = client.link.flushes;
        ByteArrayOutputStream requests = new ByteArrayOutputStream();
        for (int i = 0; i < 8; i++) {
            requests.writeBytes(WireClient.requestBytes(NbdCommand.READ, 0, i, 0, 256 << 10));
        }
        client.send(requests.toByteArray()).settle();
        for (int i = 0; i < 8; i++) {
            assertThat(client.takeSimple(256 << 10).error()).isZero();
        }
        assertThat(client.link.flushes - flushesBefore).isGreaterThanOrEqualTo(4);
    }
}
