/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.block.BlockError;
import org.netraid.block.ExtentList;
import org.netraid.block.StatusContext;
import org.netraid.nbd.wire.CommandFlags;
import org.netraid.nbd.wire.MetaContextRequest;
import org.netraid.nbd.wire.NbdCommand;
import org.netraid.nbd.wire.NbdOption;
import org.netraid.nbd.wire.NbdOptionReply;
import org.netraid.sim.SimDiskOptions;

/** Several metadata contexts of one export at once, with the stream whole (0) and cut into single bytes (1). */
class SeveralContextsTest {

    private static final int SIZE = ServerRig.SIZE_BYTES;
    private static final String EVE = "x-netraid:dirty:eve";
    private static final String SOPHOCLES = "x-netraid:dirty:sophocles";

    /** Every other chunk of 4096 bytes is dirty, beginning with the first or the second. */
    private static final class Stripes implements StatusContext {
        private final String name;
        private final int first;
        private BlockError error = BlockError.NONE;

        Stripes(String name, int first) {
            this.name = name;
            this.first = first;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public String description() {
            return "stripes";
        }

        @Override
        public BlockError extents(long offsetBytes, long lengthBytes, ExtentList into) {
            long end = offsetBytes + lengthBytes;
            for (long at = offsetBytes; at < end && !error.isError(); ) {
                long next = Math.min(end, (at / 4096 + 1) * 4096);
                if (!into.add(next - at, (int) (at / 4096 + first) & 1)) {
                    break;
                }
                at = next;
            }
            return error;
        }
    }

    private ServerRig rig;
    private WireClient client;
    private final Stripes eve = new Stripes(EVE, 0);

    private void connect(int piece) {
        rig = new ServerRig(piece, ServerLimits.DEFAULT, SimDiskOptions.ofSize(SIZE));
        rig.contexts.add(eve);
        rig.contexts.add(new Stripes(SOPHOCLES, 1));
        client = rig.connect().greet().structured();
    }

    private List<String> contexts(int option, String... queries) {
        ByteBuffer encoded = new MetaContextRequest("", List.of(queries)).encode();
        byte[] bytes = new byte[encoded.remaining()];
        encoded.get(bytes);
        List<WireClient.OptionReply> replies = client.ask(option, bytes);
        assertThat(replies.remove(replies.size() - 1).type()).isEqualTo(NbdOptionReply.ACK);
        return replies.stream().map(reply -> ByteBuffer.wrap(reply.data()).getInt() + "=" + reply.text().substring(4))
                .collect(Collectors.toList());
    }

    /** "id length:status ..." of each chunk, or the error. */
    private List<String> status(long offset, long length, int flags) {
        client.request(NbdCommand.BLOCK_STATUS, flags, 7, offset, length);
        client.settle();
        List<String> chunks = new ArrayList<>();
        while (true) {
            WireClient.Reply reply = client.takeChunk();
            assertThat(reply.cookie()).isEqualTo(7);
            ByteBuffer payload = ByteBuffer.wrap(reply.data());
            StringBuilder text = new StringBuilder();
            if (reply.error() != 0) {
                text.append("error ").append(reply.error());
            } else {
                text.append(payload.getInt());
                while (payload.hasRemaining()) {
                    text.append(' ').append(payload.getInt()).append(':').append(payload.getInt());
                }
            }
            chunks.add(text.toString());
            if (reply.done()) {
                assertThat(client.available()).isZero();
                return chunks;
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldListByNameByPrefixAndByDefault(int piece) {
        connect(piece);
        String[] all = {"0=base:allocation", "0=" + EVE, "0=" + SOPHOCLES};
        assertThat(contexts(NbdOption.LIST_META_CONTEXT)).containsExactly(all);
        assertThat(contexts(NbdOption.LIST_META_CONTEXT, "base:")).containsExactly(all[0]);
        assertThat(contexts(NbdOption.LIST_META_CONTEXT, "x-netraid:")).containsExactly(all[1], all[2]);
        assertThat(contexts(NbdOption.LIST_META_CONTEXT, "x-netraid:dirty:", EVE)).containsExactly(all[1], all[2]);
        assertThat(contexts(NbdOption.LIST_META_CONTEXT, SOPHOCLES, "base:")).containsExactly(all[0], all[2]);
        assertThat(contexts(NbdOption.LIST_META_CONTEXT, "x-netraid", "x-netraid:dirty", ":", "", "x:", EVE + ":")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldAnswerEachSelectedContextWithOneChunk(int piece) {
        connect(piece);
        assertThat(contexts(NbdOption.SET_META_CONTEXT, "x-netraid:", "base:", "x-netraid:dirty:")).as("no wildcards").isEmpty();
        assertThat(contexts(NbdOption.SET_META_CONTEXT, SOPHOCLES, "x-netraid:nosuch", EVE, "base:allocation", EVE))
                .containsExactly("1=base:allocation", "2=" + EVE, "3=" + SOPHOCLES);
        client.go();
        assertThat(status(0, 8192, 0)).containsExactly("1 8192:3", "2 4096:0 4096:1", "3 4096:1 4096:0");
        assertThat(status(100, 8192, CommandFlags.REQ_ONE)).containsExactly("1 8192:3", "2 3996:0", "3 3996:1");
        assertThat(status(SIZE, 1, 0)).containsExactly("error 22");
        eve.error = BlockError.EINVAL;
        assertThat(status(0, 8192, 0)).as("the target is gone").containsExactly("error 22");
        eve.error = BlockError.NONE;
        assertThat(status(0, 1, 0)).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldNotAskTheDeviceForWhatIsNotSelected(int piece) {
        connect(piece);
        assertThat(contexts(NbdOption.SET_META_CONTEXT, EVE)).containsExactly("2=" + EVE);
        client.go();
        rig.contexts.clear();
        rig.disk.fault().fail(BlockError.EIO);
        assertThat(status(4096, 4096, 0)).containsExactly("2 4096:1");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldBoundTheOfferAndTheExtents(int piece) {
        connect(piece);
        for (int i = 0; i < 100; i++) {
            rig.contexts.add(new Stripes("x-netraid:dirty:" + i, 1));
        }
        assertThat(contexts(NbdOption.LIST_META_CONTEXT)).hasSize(ContextSelection.MAX_CONTEXTS - 1);
        assertThat(contexts(NbdOption.SET_META_CONTEXT, EVE, "x-netraid:dirty:26", "x-netraid:dirty:25")).hasSize(2);
        client.go();
        assertThat(status(0, SIZE, 0)).hasSize(2).allSatisfy(chunk -> assertThat(chunk.split(" ").length).isLessThan(520));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldObeyTheFilterOfExtendedHeaders(int piece) {
        connect(piece);
        assertThat(client.askFor(NbdOption.EXTENDED_HEADERS, new byte[0])).isEqualTo(NbdOptionReply.ACK);
        assertThat(contexts(NbdOption.SET_META_CONTEXT, SOPHOCLES, "base:allocation")).hasSize(2);
        client.go();
        assertThat(filtered(3, 1)).containsExactly(1, 3);
        assertThat(filtered(3)).containsExactly(3);
        assertThat(filtered(1)).containsExactly(1);
        assertThat(filtered(2)).isEmpty();
        assertThat(filtered(3, 3)).isEmpty();
        assertThat(filtered(1, 0x8003)).isEmpty();
        assertThat(filtered(33)).isEmpty();
        assertThat(filtered(-31)).isEmpty();
    }

    /** The contexts in the answer; none for an error. */
    private List<Integer> filtered(int... ids) {
        ByteBuffer request = ByteBuffer.allocate(40 + 4 * ids.length).putInt(0x21e41c71).putShort((short) 32).putShort((short) 7)
                .putLong(5).putLong(0).putLong(8 + 4 * ids.length).putLong(8192);
        for (int id : ids) {
            request.putInt(id);
        }
        client.send(request.array());
        client.settle();
        List<Integer> answered = new ArrayList<>();
        while (true) {
            ByteBuffer head = ByteBuffer.wrap(client.take(32));
            byte[] payload = client.take((int) head.getLong(24));
            if (head.getShort(6) == 6) {
                answered.add(ByteBuffer.wrap(payload).getInt());
            } else {
                assertThat(ByteBuffer.wrap(payload).getInt()).isEqualTo(22);
            }
            if (head.getShort(4) == 1) {
                return answered;
            }
        }
    }
}
