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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.nbd.wire.MetaContextRequest;
import org.netraid.nbd.wire.NbdOption;
import org.netraid.nbd.wire.NbdOptionReply;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimDiskOptions;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimScheduler;

/** {@code x-netraid:generation:...} on the wire, with the stream whole (0) and cut into single bytes (1). */
class GenerationTest {

    private static final String BOUND = "x-netraid:generation:00000000000abcde";
    private static final String OLDER = "x-netraid:generation:00000000000abcdd";

    private final SimScheduler scheduler = new SimScheduler(1);
    private final SimLoop loop = scheduler.loop("server");
    private final List<String> opened = new ArrayList<>();
    private NbdService service;
    private int piece;

    private WireClient connect(int pieceBytes) {
        piece = pieceBytes;
        Export export = new Export("tag/token", "", new SimDisk(scheduler, "disk", SimDiskOptions.ofSize(1 << 20)).attach(loop), false)
                .inGeneration(0xabcde);
        service = new NbdService(loop, new ExportTable() {
            @Override
            public List<Export> listed() {
                return List.of();
            }

            @Override
            public Export find(String name, String peer) {
                return name.equals(export.name()) ? export : null;
            }

            @Override
            public Export open(String name, String peer) {
                opened.add(name);
                return find(name, peer);
            }
        }, ServerLimits.DEFAULT, new BufferPool(BufferPool.LARGEST_BYTES), ServerEvents.NONE);
        return client();
    }

    private WireClient client() {
        return new WireClient(scheduler, loop, service, piece).greet().structured();
    }

    private static List<WireClient.OptionReply> ask(WireClient client, int option, String... queries) {
        ByteBuffer query = new MetaContextRequest("tag/token", List.of(queries)).encode();
        return client.ask(option, Arrays.copyOf(query.array(), query.remaining()));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldOpenOnlyForTheGenerationItIsBoundTo(int pieceBytes) {
        WireClient client = connect(pieceBytes);
        byte[] name = WireClient.info("tag/token");
        assertThat(client.askFor(NbdOption.GO, name)).as("no generation").isEqualTo(NbdOptionReply.ERR_POLICY);
        assertThat(ask(client, NbdOption.SET_META_CONTEXT, OLDER)).hasSize(1);
        assertThat(client.askFor(NbdOption.GO, name)).isEqualTo(NbdOptionReply.ERR_POLICY);
        assertThat(client.askFor(NbdOption.INFO, name)).isEqualTo(NbdOptionReply.ERR_POLICY);
        assertThat(opened).as("the name is not used up").isEmpty();
        assertThat(ask(client, NbdOption.SET_META_CONTEXT, OLDER, BOUND, "base:allocation")).hasSize(3);
        assertThat(client.askFor(NbdOption.INFO, name)).isEqualTo(NbdOptionReply.ACK);
        client.go("tag/token");
        assertThat(opened).containsExactly("tag/token");
        client.request(7, 0, 5, 0, 512);
        client.settle();
        assertThat(client.takeChunk().done()).isFalse();
        assertThat(ByteBuffer.wrap(client.takeChunk().data()).getInt(8)).as("its status").isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldNotTellTheGenerationNorOpenByExportName(int pieceBytes) {
        WireClient client = connect(pieceBytes);
        for (String query : new String[] {"x-netraid:", "x-netraid:generation:", BOUND}) {
            assertThat(ask(client, NbdOption.LIST_META_CONTEXT, query)).noneMatch(reply -> reply.text().contains("generation"));
        }
        assertThat(ask(client, NbdOption.LIST_META_CONTEXT)).noneMatch(reply -> reply.text().contains("generation"));
        client.option(NbdOption.EXPORT_NAME, "tag/token".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        assertThat(client.isClosed()).isTrue();
        assertThat(opened).isEmpty();
    }
}
