/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.nbd.wire.ListedExport;
import org.netraid.nbd.wire.MetaContextRequest;
import org.netraid.nbd.wire.NbdCommand;
import org.netraid.nbd.wire.NbdConstants;
import org.netraid.nbd.wire.NbdOption;
import org.netraid.nbd.wire.NbdOptionReply;
import org.netraid.nbd.wire.OptionHeader;
import org.netraid.sim.SimTls;

/** The TLS modes of the specification, each case with the stream whole (0) and cut into single bytes (1). */
class HandshakeTlsTest {

    private static final byte[] NONE = new byte[0];

    private static ServerRig rig(int piece, ServerTls.Mode mode) {
        return new ServerRig(piece, new ServerTls(mode, SimTls.server()));
    }

    private static void startTls(WireClient client) {
        assertThat(client.askFor(NbdOption.STARTTLS, NONE)).isEqualTo(NbdOptionReply.ACK);
        assertThat(client.link.isInTlsHandshake()).isTrue();
        client.link.finishTls();
    }

    private static byte[] allocation(String export) {
        ByteBuffer encoded = new MetaContextRequest(export, List.of("base:allocation")).encode();
        byte[] bytes = new byte[encoded.remaining()];
        encoded.get(bytes);
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldServeSecuredClientWhenTlsIsRequired(int piece) {
        WireClient client = rig(piece, ServerTls.Mode.REQUIRE).connect().greet();
        startTls(client);
        client.structured().go("ro");
        client.request(NbdCommand.READ, 0, 1, 0, 512);
        assertThat(client.takeChunk().error()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldAnswerEveryOptionButStartTlsAndAbortWithTlsRequired(int piece) {
        WireClient client = rig(piece, ServerTls.Mode.REQUIRE).connect().greet();
        int longest = piece == 0 ? 1 << 20 : 4096;
        for (int option : new int[] {NbdOption.LIST, NbdOption.INFO, NbdOption.GO, NbdOption.STRUCTURED_REPLY, NbdOption.EXTENDED_HEADERS,
            NbdOption.LIST_META_CONTEXT, NbdOption.SET_META_CONTEXT, 0x7654321, -1}) {
            for (byte[] data : List.of(NONE, WireClient.info("disk"), new byte[longest])) {
                List<WireClient.OptionReply> replies = client.ask(option, data);
                assertThat(replies).as("option %d", option).hasSize(1);
                assertThat(replies.get(0).type()).as("option %d", option).isEqualTo(NbdOptionReply.ERR_TLS_REQD);
            }
        }
        startTls(client);
        client.go();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldDropClientThatNamesAnExportWithoutTheRequiredTls(int piece) {
        for (int flags : new int[] {0, 1, 3}) {
            ServerRig rig = rig(piece, ServerTls.Mode.REQUIRE);
            WireClient client = rig.connect().greet(flags);
            client.option(NbdOption.EXPORT_NAME, "disk".getBytes());
            assertThat(client.isClosed()).isTrue();
            assertThat(client.available()).isZero();
            assertThat(rig.opens).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldAcknowledgeAbortBeforeTheRequiredTls(int piece) {
        WireClient client = rig(piece, ServerTls.Mode.REQUIRE).connect().greet();
        assertThat(client.askFor(NbdOption.ABORT, NONE)).isEqualTo(NbdOptionReply.ACK);
        assertThat(client.isClosed()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldLetTheClientChooseWhenTlsIsOn(int piece) {
        WireClient plain = rig(piece, ServerTls.Mode.ON).connect().greet();
        plain.go("disk");
        WireClient secured = rig(piece, ServerTls.Mode.ON).connect().greet();
        startTls(secured);
        secured.go("disk");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldHideAndRefuseAnExportForTlsOnlyUntilTls(int piece) {
        ServerRig rig = rig(piece, ServerTls.Mode.ON);
        WireClient client = rig.connect().greet();
        List<WireClient.OptionReply> listed = client.ask(NbdOption.LIST, NONE);
        assertThat(listed).hasSize(2);
        assertThat(ListedExport.decode(ByteBuffer.wrap(listed.get(0).data())).name()).isEqualTo("disk");
        for (int option : new int[] {NbdOption.INFO, NbdOption.GO}) {
            List<WireClient.OptionReply> replies = client.ask(option, WireClient.info("ro"));
            assertThat(replies).hasSize(1);
            assertThat(replies.get(0).type()).isEqualTo(NbdOptionReply.ERR_TLS_REQD);
            assertThat(client.askFor(option, WireClient.info("nosuch"))).isEqualTo(NbdOptionReply.ERR_UNKNOWN);
        }
        client.structured();
        // TLS_REQD is for INFO and GO alone in this mode
        assertThat(client.askFor(NbdOption.LIST_META_CONTEXT, allocation("ro"))).isEqualTo(NbdOptionReply.ERR_POLICY);
        assertThat(client.askFor(NbdOption.SET_META_CONTEXT, allocation("ro"))).isEqualTo(NbdOptionReply.ERR_POLICY);
        startTls(client);
        assertThat(client.ask(NbdOption.LIST, NONE)).hasSize(3);
        client.go("ro");
        assertThat(rig.opens).containsExactly("+ro");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldDropClientThatNamesAnExportForTlsOnly(int piece) {
        for (int flags : new int[] {0, 3}) {
            ServerRig rig = rig(piece, ServerTls.Mode.ON);
            WireClient client = rig.connect().greet(flags);
            client.option(NbdOption.EXPORT_NAME, "ro".getBytes());
            assertThat(client.isClosed()).isTrue();
            assertThat(client.available()).isZero();
            assertThat(rig.opens).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldRefuseStartTlsWithDataAndASecondOne(int piece) {
        WireClient client = rig(piece, ServerTls.Mode.REQUIRE).connect().greet();
        assertThat(client.askFor(NbdOption.STARTTLS, new byte[3])).isEqualTo(NbdOptionReply.ERR_INVALID);
        assertThat(client.link.isInTlsHandshake()).isFalse();
        startTls(client);
        assertThat(client.askFor(NbdOption.STARTTLS, NONE)).isEqualTo(NbdOptionReply.ERR_INVALID);
        client.go();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldForgetWhatWasNegotiatedInPlainText(int piece) {
        WireClient client = rig(piece, ServerTls.Mode.ON).connect().greet();
        assertThat(client.askFor(NbdOption.EXTENDED_HEADERS, NONE)).isEqualTo(NbdOptionReply.ACK);
        assertThat(client.askFor(NbdOption.SET_META_CONTEXT, allocation("disk"))).isEqualTo(NbdOptionReply.ACK);
        startTls(client);
        // needs structured replies, which are forgotten
        assertThat(client.askFor(NbdOption.LIST_META_CONTEXT, allocation("disk"))).isEqualTo(NbdOptionReply.ERR_INVALID);
        client.go("disk");
        client.request(NbdCommand.READ, 0, 1, 0, 8);
        assertThat(client.nextIsChunk()).as("a structured reply").isFalse();
        assertThat(client.takeSimple(8).error()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldKeepTheClientFlagsOverTls(int piece) {
        WireClient client = rig(piece, ServerTls.Mode.REQUIRE).connect().greet(3);
        startTls(client);
        client.option(NbdOption.EXPORT_NAME, "disk".getBytes());
        client.take(NbdConstants.EXPORT_NAME_REPLY_BYTES);
        client.request(NbdCommand.READ, 0, 7, 0, 1);
        assertThat(client.takeSimple(1).error()).isZero();
    }

    @Test
    void shouldDropClientWhosePlainTextCameBehindStartTls() {
        ServerRig rig = rig(0, ServerTls.Mode.ON);
        WireClient client = rig.connect().greet();
        ByteBuffer injected = ByteBuffer.allocate(3 * NbdConstants.OPTION_HEADER_BYTES);
        OptionHeader.encode(injected, NbdOption.STARTTLS, 0);
        OptionHeader.encode(injected, NbdOption.STRUCTURED_REPLY, 0);
        OptionHeader.encode(injected, NbdOption.LIST, 0);
        client.send(injected.array());
        assertThat(client.isClosed()).isTrue();
        assertThat(client.link.aborted).isTrue();
        assertThat(client.available()).as("not even consent").isZero();
        assertThat(client.link.tls).isNull();
        assertThat(rig.ended.get(0)).contains("plain text behind STARTTLS");
    }

    @Test
    void shouldCutClientThatDoesNotFinishTheTlsHandshake() {
        ServerRig rig = rig(0, ServerTls.Mode.ON);
        WireClient client = rig.connect().greet();
        assertThat(client.askFor(NbdOption.STARTTLS, NONE)).isEqualTo(NbdOptionReply.ACK);
        rig.scheduler.runFor(ServerLimits.DEFAULT.handshakeTimeoutNs());
        assertThat(client.isClosed()).isTrue();
    }

    @Test
    void shouldRefuseTlsWhileStopping() {
        ServerRig rig = rig(0, ServerTls.Mode.REQUIRE);
        WireClient client = rig.connect().greet();
        rig.service.shutdown(() -> { });
        assertThat(client.askFor(NbdOption.STARTTLS, NONE)).isEqualTo(NbdOptionReply.ERR_SHUTDOWN);
    }

    @Test
    void shouldRefuseSettingsThatMakeNoSense() {
        assertThatThrownBy(() -> new ServerTls(ServerTls.Mode.ON, null)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ServerTls(ServerTls.Mode.OFF, SimTls.server())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ServerTls(ServerTls.Mode.ON, SimTls.client())).isInstanceOf(IllegalArgumentException.class);
    }
}
