/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.netraid.nbd.wire.InfoRequest;
import org.netraid.nbd.wire.NbdConstants;
import org.netraid.nbd.wire.NbdOption;
import org.netraid.nbd.wire.NbdOptionReply;
import org.netraid.nbd.wire.OptionHeader;
import org.netraid.nbd.wire.OptionReplyHeader;
import org.netraid.nbd.wire.RequestHeader;
import org.netraid.nbd.wire.SimpleReply;
import org.netraid.nbd.wire.StructuredReplyChunk;
import org.netraid.sim.SimScheduler;

/** A client made of bytes: sends anything, right or wrong, and takes the answers apart. */
final class WireClient {

    record OptionReply(int option, int type, byte[] data) {
        String text() {
            return new String(data, StandardCharsets.UTF_8);
        }
    }

    /** One simple reply (chunkType -1) or one chunk. */
    record Reply(long cookie, int error, int chunkType, boolean done, byte[] data) {
    }

    final PipeLink link;
    private final SimScheduler scheduler;
    private final NbdService service;
    /** 0: all at once; otherwise pieces of this size. */
    private final int pieceBytes;
    private ByteBuffer in = ByteBuffer.allocate(0);

    WireClient(SimScheduler scheduler, org.netraid.time.EventLoop loop, NbdService service, int pieceBytes) {
        this.scheduler = scheduler;
        this.service = service;
        this.pieceBytes = pieceBytes;
        this.link = new PipeLink(loop, service.accept("test"));
    }

    NbdService service() {
        return service;
    }

    // ---- sending

    WireClient send(byte[] bytes) {
        int piece = pieceBytes == 0 ? bytes.length : pieceBytes;
        for (int at = 0; at < bytes.length && !link.isClosed(); at += piece) {
            byte[] part = new byte[Math.min(piece, bytes.length - at)];
            System.arraycopy(bytes, at, part, 0, part.length);
            link.feed(part);
        }
        return this;
    }

    WireClient greet() {
        return greet(3);
    }

    WireClient greet(int clientFlags) {
        settle();
        assertThat(take(NbdConstants.GREETING_BYTES)).isEqualTo(ByteBuffer.allocate(18)
                .putLong(NbdConstants.NBD_MAGIC).putLong(NbdConstants.OPTION_MAGIC).putShort((short) 3).array());
        return send(ByteBuffer.allocate(4).putInt(clientFlags).array());
    }

    WireClient option(int option, byte[] data) {
        ByteBuffer out = ByteBuffer.allocate(NbdConstants.OPTION_HEADER_BYTES + data.length);
        OptionHeader.encode(out, option, data.length);
        return send(out.put(data).array());
    }

    List<OptionReply> ask(int option, byte[] data) {
        option(option, data);
        settle();
        List<OptionReply> replies = new ArrayList<>();
        OptionReply reply;
        do {
            reply = takeOptionReply();
            assertThat(reply.option()).isEqualTo(option);
            replies.add(reply);
        } while (reply.type() != NbdOptionReply.ACK && !NbdOptionReply.isError(reply.type()));
        assertThat(available()).as("bytes behind the final reply").isZero();
        return replies;
    }

    /** Type of the final reply. */
    int askFor(int option, byte[] data) {
        List<OptionReply> replies = ask(option, data);
        return replies.get(replies.size() - 1).type();
    }

    WireClient structured() {
        assertThat(askFor(NbdOption.STRUCTURED_REPLY, new byte[0])).isEqualTo(NbdOptionReply.ACK);
        return this;
    }

    WireClient go() {
        return go("");
    }

    WireClient go(String name) {
        assertThat(askFor(NbdOption.GO, info(name))).isEqualTo(NbdOptionReply.ACK);
        return this;
    }

    static byte[] info(String name, int... types) {
        ByteBuffer encoded = new InfoRequest(name, types).encode();
        byte[] bytes = new byte[encoded.remaining()];
        encoded.get(bytes);
        return bytes;
    }

    WireClient request(int type, int flags, long cookie, long offset, long length, byte... payload) {
        return send(requestBytes(type, flags, cookie, offset, length, payload));
    }

    static byte[] requestBytes(int type, int flags, long cookie, long offset, long length, byte... payload) {
        ByteBuffer out = ByteBuffer.allocate(NbdConstants.REQUEST_BYTES + payload.length);
        RequestHeader.encode(out, flags, type, cookie, offset, length);
        return out.put(payload).array();
    }

    // ---- receiving

    /** Lets everything happen that can happen now, without waiting for timeouts. */
    void settle() {
        scheduler.runFor(20_000_000);
        byte[] more = link.takeReceived();
        ByteBuffer all = ByteBuffer.allocate(in.remaining() + more.length);
        in = all.put(in).put(more).flip();
    }

    int available() {
        settle();
        return in.remaining();
    }

    byte[] take(int length) {
        if (in.remaining() < length) {
            settle();
        }
        assertThat(in.remaining()).as("bytes from the server").isGreaterThanOrEqualTo(length);
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    OptionReply takeOptionReply() {
        OptionReplyHeader header = new OptionReplyHeader();
        assertThat(header.decode(ByteBuffer.wrap(take(NbdConstants.OPTION_REPLY_HEADER_BYTES)))).isTrue();
        return new OptionReply(header.option(), header.type(), take((int) header.lengthBytes()));
    }

    Reply takeSimple(int dataBytes) {
        SimpleReply reply = new SimpleReply();
        assertThat(reply.decode(ByteBuffer.wrap(take(NbdConstants.SIMPLE_REPLY_BYTES)))).as("a simple reply").isTrue();
        return new Reply(reply.cookie(), reply.error(), -1, true, take(reply.error() == 0 ? dataBytes : 0));
    }

    Reply takeChunk() {
        StructuredReplyChunk chunk = new StructuredReplyChunk();
        assertThat(chunk.decode(ByteBuffer.wrap(take(NbdConstants.CHUNK_HEADER_BYTES)))).as("a structured reply").isTrue();
        byte[] payload = take((int) chunk.lengthBytes());
        int error = (chunk.type() & 0x8000) != 0 ? ByteBuffer.wrap(payload).getInt() : 0;
        return new Reply(chunk.cookie(), error, chunk.type(), chunk.isDone(), payload);
    }

    /** True if a structured reply comes next; false for a simple one. */
    boolean nextIsChunk() {
        assertThat(available()).isGreaterThanOrEqualTo(Integer.BYTES);
        return in.getInt(in.position()) == NbdConstants.STRUCTURED_REPLY_MAGIC;
    }

    boolean isClosed() {
        settle();
        return link.isClosed();
    }
}
