/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.nio.ByteBuffer;
import java.util.List;
import org.netraid.block.BlockError;
import org.netraid.block.ChunkHash;
import org.netraid.nbd.wire.ChunkType;
import org.netraid.nbd.wire.MetaContext;
import org.netraid.nbd.wire.NbdCommand;
import org.netraid.nbd.wire.NbdConstants;
import org.netraid.nbd.wire.NbdFormatException;
import org.netraid.nbd.wire.SimpleReply;
import org.netraid.nbd.wire.StructuredReplyChunk;

/**
 * Bytes from the server during transmission, cut anywhere, turned into finished {@link PendingReply}s. READ data goes straight
 * from the arriving bytes into the reader's buffer; nothing else is ever buffered but one header and one error message.
 *
 * <p>Whatever breaks the protocol throws {@link NbdFormatException}: the stream cannot be trusted any more and must be cut.
 * Source: NBD protocol, "Simple reply message", "Structured reply chunk message", "Structured reply types".
 */
final class ReplyReader {

    /** Head, longest message and offset of an error chunk. */
    private static final int MAX_ERROR_PAYLOAD_BYTES = StructuredReplyChunk.ERROR_HEAD_BYTES
            + NbdConstants.MAX_STRING_BYTES + StructuredReplyChunk.OFFSET_BYTES;
    /** Error chunks of unknown types may carry more than we know; beyond this they are an attack. */
    private static final int MAX_UNKNOWN_PAYLOAD_BYTES = 64 << 10;

    /** Most extents of one BLOCK_STATUS reply; the protocol asks servers for no more. */
    private static final int MAX_EXTENTS = 1 << 20;

    /** Who owns the commands in flight. */
    interface Sink {
        /** The unanswered command with this cookie, or null. */
        PendingReply find(long cookie);

        /** The reply is whole; its error is noted in the slot. May call back into the device. */
        void onAnswered(PendingReply reply);

        /** The server has the modification in its memory. May call back into the device. */
        void onReceived(PendingReply reply);
    }

    private enum Step { HEADER, OFFSET, DATA, HOLE, STATUS, EXTENT, ERROR, SKIP }

    private final Sink sink;
    private final boolean structured;
    private final boolean extended;
    private final List<MetaContext> contexts;
    /** The context that the callers ask about. */
    private final String map;
    private final SimpleReply simple = new SimpleReply();
    private final StructuredReplyChunk chunk = new StructuredReplyChunk();
    private final ByteBuffer gathered = ByteBuffer.allocate(MAX_ERROR_PAYLOAD_BYTES);
    private final ByteBuffer zeros = ByteBuffer.allocate(4096);

    private Step step;
    private PendingReply current;
    private boolean lastChunk;
    private long skipBytes;
    private long dataOffsetBytes;
    private long dataLeftBytes;
    private long extentsLeft;
    private boolean stopped;

    /**
     * @param export tells what is negotiated
     * @param map the metadata context that EXTENTS is answered from
     */
    ReplyReader(Sink sink, NbdExport export, String map) {
        this.sink = sink;
        this.structured = export.structuredReplies();
        this.extended = export.extendedHeaders();
        this.contexts = export.contexts();
        this.map = map;
        expectHeader();
    }

    /** No byte is looked at any more, also not the rest of a buffer being read. */
    void stop() {
        stopped = true;
    }

    /** Consumes everything. @throws NbdFormatException for what a server must not send */
    void onBytes(ByteBuffer in) {
        while (in.hasRemaining() && !stopped) {
            switch (step) {
                case DATA -> takeData(in);
                case SKIP -> skip(in);
                default -> gather(in);
            }
        }
        in.position(in.limit());
    }

    private void expectHeader() {
        current = null;
        expect(Step.HEADER, extended ? NbdConstants.EXTENDED_HEADER_BYTES : NbdConstants.SIMPLE_REPLY_BYTES);
    }

    private void expect(Step next, int bytes) {
        step = next;
        gathered.clear().limit(bytes);
    }

    private void gather(ByteBuffer in) {
        int n = Math.min(in.remaining(), gathered.remaining());
        gathered.put(gathered.position(), in, in.position(), n);
        gathered.position(gathered.position() + n);
        in.position(in.position() + n);
        if (gathered.hasRemaining()) {
            return;
        }
        if (step == Step.HEADER && gathered.limit() == NbdConstants.SIMPLE_REPLY_BYTES
                && gathered.getInt(0) == NbdConstants.STRUCTURED_REPLY_MAGIC) {
            gathered.limit(NbdConstants.CHUNK_HEADER_BYTES);
            return;
        }
        gathered.flip();
        switch (step) {
            case HEADER -> onHeader();
            case OFFSET -> onDataOffset();
            case HOLE -> onHole();
            case STATUS -> onStatus();
            case EXTENT -> onExtent();
            case ERROR -> onError();
            default -> throw new IllegalStateException("bytes gathered in step " + step);
        }
    }

    private void onHeader() {
        if (extended) {
            if (!chunk.decodeExtended(gathered)) {
                throw badMagic();
            }
            onChunk();
        } else if (gathered.limit() == NbdConstants.CHUNK_HEADER_BYTES) {
            chunk.decode(gathered);
            onChunk();
        } else if (simple.decode(gathered)) {
            onSimpleReply();
        } else {
            throw badMagic();
        }
    }

    private NbdFormatException badMagic() {
        return new NbdFormatException("a reply begins with 0x" + String.format("%08x", gathered.getInt(0))
                + ", which is no reply magic" + (extended ? " with extended headers" : ""));
    }

    private PendingReply commandOf(long cookie) {
        PendingReply reply = sink.find(cookie);
        if (reply == null) {
            throw new NbdFormatException("a reply has cookie 0x" + String.format("%016x", cookie)
                    + ", which belongs to no command in flight");
        }
        return reply;
    }

    private void onSimpleReply() {
        PendingReply reply = commandOf(simple.cookie());
        boolean read = reply.command == NbdCommand.READ;
        if (reply.received) {
            throw new NbdFormatException("a simple reply behind the acknowledgement of receipt");
        }
        if (read && structured) {
            throw new NbdFormatException("a simple reply to READ though structured replies are negotiated");
        }
        if (simple.error() != 0) {
            reply.noteError(errorOf(simple.error()), "");
        } else if (read) {
            current = reply;
            lastChunk = true;
            expectData(reply.offsetBytes, reply.lengthBytes);
            return;
        }
        if (reply.command == NbdCommand.CHECKSUM && !reply.error.isError()) {
            throw new NbdFormatException("CHECKSUM ends as a success without an answer");
        }
        checkStatusSeen(reply);
        finish(reply);
    }

    private void onChunk() {
        if (!structured) {
            throw new NbdFormatException("a structured reply though none are negotiated");
        }
        current = commandOf(chunk.cookie());
        lastChunk = chunk.isDone();
        int type = chunk.type();
        long length = chunk.lengthBytes();
        if (extended && chunk.offsetBytes() != current.offsetBytes) {
            throw new NbdFormatException("a reply for offset " + Long.toUnsignedString(chunk.offsetBytes())
                    + " has the cookie of a command at " + current.offsetBytes);
        }
        if (length < 0) {
            throw new NbdFormatException(ChunkType.nameOf(type) + " of " + Long.toUnsignedString(length) + " bytes");
        }
        if (ChunkType.isError(type)) {
            expectError(type, length);
        } else if (type == ChunkType.NONE) {
            if (length != 0 || !lastChunk) {
                throw new NbdFormatException("a NONE chunk with " + length + " bytes" + (lastChunk ? "" : " that is not the last"));
            }
            endOfChunk();
        } else if (type == ChunkType.OFFSET_DATA) {
            onlyForRead(type);
            if (length <= StructuredReplyChunk.OFFSET_BYTES || length > StructuredReplyChunk.OFFSET_BYTES + current.lengthBytes) {
                throw new NbdFormatException("an OFFSET_DATA chunk of " + length + " bytes answers a READ of " + current.lengthBytes);
            }
            expect(Step.OFFSET, StructuredReplyChunk.OFFSET_BYTES);
        } else if (type == ChunkType.OFFSET_HOLE) {
            onlyForRead(type);
            if (length != StructuredReplyChunk.HOLE_PAYLOAD_BYTES) {
                throw new NbdFormatException("an OFFSET_HOLE chunk of " + length + " bytes");
            }
            expect(Step.HOLE, StructuredReplyChunk.HOLE_PAYLOAD_BYTES);
        } else if (type == ChunkType.RECEIVED) {
            if (length != 0 || lastChunk || !current.receiptDue || current.error.isError()) {
                throw new NbdFormatException("a RECEIVED chunk that nobody waits for, or that is not empty or not the first");
            }
            PendingReply reply = current;
            reply.receiptDue = false;
            reply.received = true;
            expectHeader();
            sink.onReceived(reply);
        } else if (type == ChunkType.CHECKSUMS) {
            if (current.command != NbdCommand.CHECKSUM || length != StructuredReplyChunk.OFFSET_BYTES + hashesBytes(current)) {
                throw new NbdFormatException(ChunkType.nameOf(type) + " of " + length + " bytes answers "
                        + NbdCommand.nameOf(current.command) + " of " + current.lengthBytes);
            }
            expect(Step.OFFSET, StructuredReplyChunk.OFFSET_BYTES);
        } else if (type == (extended ? ChunkType.BLOCK_STATUS_EXT : ChunkType.BLOCK_STATUS)) {
            expectStatus(length);
        } else {
            throw new NbdFormatException("an unknown " + ChunkType.nameOf(type));
        }
    }

    private void onlyForRead(int type) {
        if (current.command != NbdCommand.READ) {
            throw new NbdFormatException(ChunkType.nameOf(type) + " answers " + NbdCommand.nameOf(current.command));
        }
    }

    private void expectStatus(long length) {
        if (current.command != NbdCommand.BLOCK_STATUS) {
            throw new NbdFormatException("BLOCK_STATUS answers " + NbdCommand.nameOf(current.command));
        }
        int headBytes = extended ? StructuredReplyChunk.STATUS_EXT_HEAD_BYTES : StructuredReplyChunk.STATUS_HEAD_BYTES;
        long extentBytes = length - headBytes;
        if (extentBytes < oneExtentBytes() || extentBytes % oneExtentBytes() != 0 || extentBytes / oneExtentBytes() > MAX_EXTENTS) {
            throw new NbdFormatException("a BLOCK_STATUS chunk of " + length + " bytes");
        }
        extentsLeft = extentBytes / oneExtentBytes();
        expect(Step.STATUS, headBytes);
    }

    private int oneExtentBytes() {
        return extended ? StructuredReplyChunk.EXTENT_EXT_BYTES : StructuredReplyChunk.EXTENT_BYTES;
    }

    private void onStatus() {
        int id = gathered.getInt();
        int index = indexOf(id);
        if (index < 0) {
            throw new NbdFormatException("a BLOCK_STATUS chunk for metadata context " + id + ", which was not selected");
        }
        if (extended && Integer.toUnsignedLong(gathered.getInt()) != extentsLeft) {
            throw new NbdFormatException("a BLOCK_STATUS chunk whose number of extents does not fit its length");
        }
        current.status.onChunk(index, contexts.get(index).name().equals(map));
        expect(Step.EXTENT, oneExtentBytes());
    }

    private int indexOf(int id) {
        for (int i = 0; i < contexts.size(); i++) {
            if (contexts.get(i).id() == id) {
                return i;
            }
        }
        return -1;
    }

    private void onExtent() {
        if (extended) {
            current.status.onExtent(gathered.getLong(), (int) gathered.getLong());
        } else {
            current.status.onExtent(Integer.toUnsignedLong(gathered.getInt()), gathered.getInt());
        }
        if (--extentsLeft > 0) {
            expect(Step.EXTENT, oneExtentBytes());
        } else {
            endOfChunk();
        }
    }

    private void checkStatusSeen(PendingReply reply) {
        if (reply.command == NbdCommand.BLOCK_STATUS && !reply.error.isError() && !reply.status.isSeen(contexts.size())) {
            throw new NbdFormatException("BLOCK_STATUS ends as a success without an answer");
        }
    }

    private void expectError(int type, long length) {
        boolean known = type == ChunkType.ERROR || type == ChunkType.ERROR_OFFSET;
        int least = StructuredReplyChunk.ERROR_HEAD_BYTES + (type == ChunkType.ERROR_OFFSET ? StructuredReplyChunk.OFFSET_BYTES : 0);
        if (known && (length < least || length > MAX_ERROR_PAYLOAD_BYTES) || length > MAX_UNKNOWN_PAYLOAD_BYTES) {
            throw new NbdFormatException(ChunkType.nameOf(type) + " of " + length + " bytes");
        }
        int gatherBytes = (int) Math.min(length, MAX_ERROR_PAYLOAD_BYTES);
        skipBytes = length - gatherBytes;
        expect(Step.ERROR, gatherBytes);
        if (gatherBytes == 0) {
            gathered.flip();
            onError();
        }
    }

    /** Every error type, known or not, begins with the error number and a message. */
    private void onError() {
        int errno = gathered.remaining() >= Integer.BYTES ? gathered.getInt(0) : BlockError.EINVAL.errno();
        current.noteError(errorOf(errno), PeerText.clean(StructuredReplyChunk.errorMessage(gathered)));
        if (skipBytes > 0) {
            step = Step.SKIP;
        } else {
            endOfChunk();
        }
    }

    /** An error number the protocol does not know, and the 0 that an error chunk must not carry, become EINVAL. */
    private static BlockError errorOf(int errno) {
        BlockError error = BlockError.ofWire(errno);
        return error.isError() ? error : BlockError.EINVAL;
    }

    private void skip(ByteBuffer in) {
        int n = (int) Math.min(in.remaining(), skipBytes);
        in.position(in.position() + n);
        skipBytes -= n;
        if (skipBytes == 0) {
            endOfChunk();
        }
    }

    /** Hashes come in one chunk for the whole range, since the command says DF. */
    private static int hashesBytes(PendingReply checksum) {
        return ChunkHash.hashesBytes(checksum.lengthBytes, checksum.owner.request.chunkBytes());
    }

    private void onDataOffset() {
        if (current.command == NbdCommand.CHECKSUM) {
            cover(gathered.getLong(), current.lengthBytes);
            expectData(current.offsetBytes, hashesBytes(current));
            return;
        }
        long lengthBytes = chunk.lengthBytes() - StructuredReplyChunk.OFFSET_BYTES;
        long offsetBytes = gathered.getLong();
        cover(offsetBytes, lengthBytes);
        expectData(offsetBytes, lengthBytes);
    }

    private void onHole() {
        long offsetBytes = gathered.getLong();
        long lengthBytes = Integer.toUnsignedLong(gathered.getInt());
        cover(offsetBytes, lengthBytes);
        int at = targetIndex(offsetBytes);
        for (long left = lengthBytes; left > 0; ) {
            int n = (int) Math.min(left, zeros.capacity());
            current.target.put(at, zeros, 0, n);
            at += n;
            left -= n;
        }
        endOfChunk();
    }

    /** Checks a content chunk against the command and against the chunks before it. */
    private void cover(long offsetBytes, long lengthBytes) {
        long from = offsetBytes - current.offsetBytes;
        if (lengthBytes == 0 || offsetBytes < current.offsetBytes || lengthBytes > current.lengthBytes
                || from > current.lengthBytes - lengthBytes) {
            throw new NbdFormatException("a chunk of " + lengthBytes + " bytes at " + Long.toUnsignedString(offsetBytes)
                    + " answers a " + NbdCommand.nameOf(current.command) + " of " + current.lengthBytes + " bytes at "
                    + current.offsetBytes);
        }
        if (!current.coverage.add(offsetBytes, offsetBytes + lengthBytes)) {
            throw new NbdFormatException("chunks of one " + NbdCommand.nameOf(current.command) + " overlap, or are too many, at "
                    + offsetBytes);
        }
    }

    private int targetIndex(long offsetBytes) {
        return current.targetBase + (int) (offsetBytes - current.offsetBytes);
    }

    private void expectData(long offsetBytes, long lengthBytes) {
        step = Step.DATA;
        dataOffsetBytes = offsetBytes;
        dataLeftBytes = lengthBytes;
    }

    private void takeData(ByteBuffer in) {
        int n = (int) Math.min(in.remaining(), dataLeftBytes);
        current.target.put(targetIndex(dataOffsetBytes), in, in.position(), n);
        in.position(in.position() + n);
        dataOffsetBytes += n;
        dataLeftBytes -= n;
        if (dataLeftBytes > 0) {
            return;
        }
        if (structured) {
            endOfChunk();
        } else {
            finish(current);
        }
    }

    private void endOfChunk() {
        PendingReply reply = current;
        if (!lastChunk) {
            expectHeader();
            return;
        }
        boolean covering = reply.command == NbdCommand.READ || reply.command == NbdCommand.CHECKSUM;
        if (structured && covering && !reply.error.isError()
                && !reply.coverage.covers(reply.offsetBytes, reply.offsetBytes + reply.lengthBytes)) {
            throw new NbdFormatException("a " + NbdCommand.nameOf(reply.command) + " of " + reply.lengthBytes + " bytes at "
                    + reply.offsetBytes + " ends as a success, but not every byte was sent");
        }
        checkStatusSeen(reply);
        finish(reply);
    }

    private void finish(PendingReply reply) {
        expectHeader();
        sink.onAnswered(reply);
    }
}
