/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockGeometry;

/** Every layout against bytes written by hand from the protocol document, in both directions. */
class GoldenBytesTest {

    private final ByteBuffer out = ByteBuffer.allocate(4096);

    @Test
    void shouldEncodeAndDecodeRequest() {
        String golden = "25609513 0003 0006 0102030405060708 0000000180000000 fffffe00";
        RequestHeader.encode(out, 3, NbdCommand.WRITE_ZEROES, 0x0102030405060708L, 0x1_8000_0000L, 0xfffffe00L);
        assertWritten(golden);

        RequestHeader header = new RequestHeader();
        assertThat(header.decode(bytes(golden))).isTrue();
        assertThat(header.flags()).isEqualTo(CommandFlags.FUA | CommandFlags.NO_HOLE);
        assertThat(header.type()).isEqualTo(NbdCommand.WRITE_ZEROES);
        assertThat(header.cookie()).isEqualTo(0x0102030405060708L);
        assertThat(header.offsetBytes()).isEqualTo(6L << 30);
        assertThat(header.lengthBytes()).isEqualTo(0xfffffe00L);
        assertThat(header).hasToString("WRITE_ZEROES 4294966784@6442450944 flags 0x3");
    }

    @Test
    void shouldKeepUnsignedFieldsWhenAllBitsAreSet() {
        RequestHeader header = new RequestHeader();
        assertThat(header.decode(bytes("25609513 ffff ffff ffffffffffffffff ffffffffffffffff ffffffff"))).isTrue();
        assertThat(header.flags()).isEqualTo(0xffff);
        assertThat(header.type()).isEqualTo(0xffff);
        assertThat(header.offsetBytes()).isNegative();
        assertThat(header.lengthBytes()).isEqualTo(0xffffffffL);
        assertThat(header.toString()).contains("command 0xffff", "18446744073709551615");
    }

    @Test
    void shouldRefuseEveryHeaderWhenMagicIsWrong() {
        assertThat(new RequestHeader().decode(ByteBuffer.allocate(28))).isFalse();
        assertThat(new SimpleReply().decode(ByteBuffer.allocate(16))).isFalse();
        assertThat(new StructuredReplyChunk().decode(ByteBuffer.allocate(20))).isFalse();
        assertThat(new OptionHeader().decode(ByteBuffer.allocate(16))).isFalse();
        assertThat(new OptionReplyHeader().decode(ByteBuffer.allocate(20))).isFalse();
    }

    @Test
    void shouldEncodeAndDecodeExtendedHeaders() {
        String golden = "21e41c71 0020 0001 0102030405060708 0000000180000000 0000000200000000";
        RequestHeader.encodeExtended(out, CommandFlags.PAYLOAD_LEN, NbdCommand.WRITE, 0x0102030405060708L, 6L << 30, 8L << 30);
        assertWritten(golden);
        RequestHeader header = new RequestHeader();
        assertThat(header.decodeExtended(bytes(golden))).isTrue();
        assertThat(header.offsetBytes()).isEqualTo(6L << 30);
        assertThat(header.payloadBytes()).isEqualTo(8L << 30);
        assertThat(header.decodeExtended(bytes("21e41c71 0000 0001 0102030405060708 0000000180000000 ffffffffffffffff"))).isTrue();
        assertThat(header.payloadBytes()).as("no flag, no payload").isZero();
        assertThat(header).hasToString("WRITE 18446744073709551615@6442450944");

        out.clear();
        golden = "6e8a278c 0001 0006 0102030405060708 0000000180000000 0000000000000018";
        StructuredReplyChunk.encodeExtended(out, ChunkType.FLAG_DONE, ChunkType.BLOCK_STATUS_EXT, 0x0102030405060708L, 6L << 30, 24);
        assertWritten(golden);
        StructuredReplyChunk chunk = new StructuredReplyChunk();
        assertThat(chunk.decodeExtended(bytes(golden))).isTrue();
        assertThat(chunk.isDone()).isTrue();
        assertThat(chunk.type()).isEqualTo(ChunkType.BLOCK_STATUS_EXT);
        assertThat(chunk.cookie()).isEqualTo(0x0102030405060708L);
        assertThat(chunk.offsetBytes()).isEqualTo(6L << 30);
        assertThat(chunk.lengthBytes()).isEqualTo(24);
        assertThat(header.decodeExtended(ByteBuffer.allocate(32))).isFalse();
        assertThat(chunk.decodeExtended(ByteBuffer.allocate(32))).isFalse();
    }

    @Test
    void shouldEncodeAndDecodeMetaContext() {
        MetaContext context = new MetaContext(7, MetaContext.BASE_ALLOCATION);
        String golden = "00000007 626173653a616c6c6f636174696f6e";
        assertThat(context.encode()).isEqualTo(bytes(golden));
        assertThat(MetaContext.decode(bytes(golden))).isEqualTo(context);
    }

    @Test
    void shouldEncodeAndDecodeSimpleReply() {
        String golden = "67446698 0000001c 8000000000000001";
        SimpleReply.encode(out, 28, 0x8000000000000001L);
        assertWritten(golden);
        SimpleReply reply = new SimpleReply();
        assertThat(reply.decode(bytes(golden))).isTrue();
        assertThat(reply.error()).isEqualTo(28);
        assertThat(reply.cookie()).isEqualTo(0x8000000000000001L);
    }

    @Test
    void shouldEncodeAndDecodeContentChunk() {
        String golden = "668e33ef 0001 0001 1111111111111111 00000208 0000000100000000";
        StructuredReplyChunk.encodeOffsetData(out, ChunkType.FLAG_DONE, 0x1111111111111111L, 1L << 32, 512);
        assertWritten(golden);
        StructuredReplyChunk chunk = new StructuredReplyChunk();
        assertThat(chunk.decode(bytes(golden))).isTrue();
        assertThat(chunk.type()).isEqualTo(ChunkType.OFFSET_DATA);
        assertThat(chunk.isDone()).isTrue();
        assertThat(chunk.lengthBytes()).isEqualTo(520);
        assertThat(chunk.cookie()).isEqualTo(0x1111111111111111L);
    }

    @Test
    void shouldEncodeHoleAndDone() {
        StructuredReplyChunk.encodeOffsetHole(out, 0, 2, 4096, 8192);
        StructuredReplyChunk.encodeDone(out, 2);
        assertWritten("668e33ef 0000 0002 0000000000000002 0000000c 0000000000001000 00002000"
                + "668e33ef 0001 0000 0000000000000002 00000000");
    }

    @Test
    void shouldEncodeErrorChunkWithMessage() {
        StructuredReplyChunk.encodeError(out, 5, 22, "no");
        assertWritten("668e33ef 0001 8001 0000000000000005 00000008 00000016 0002 6e6f");
        assertThat(StructuredReplyChunk.errorMessage(bytes("00000016 0002 6e6f"))).isEqualTo("no");
        assertThat(StructuredReplyChunk.errorMessage(bytes("00000016 ffff 6e6f"))).isEqualTo("no");
        assertThat(StructuredReplyChunk.errorMessage(bytes("00000016"))).isEmpty();
    }

    @Test
    void shouldEncodeAndDecodeOptionHeaders() {
        OptionHeader.encode(out, NbdOption.GO, 6);
        OptionReplyHeader.encode(out, NbdOption.GO, NbdOptionReply.ERR_UNKNOWN, 0);
        String option = "49484156454f5054 00000007 00000006";
        String reply = "0003e889045565a9 00000007 80000006 00000000";
        assertWritten(option + reply);
        OptionHeader header = new OptionHeader();
        assertThat(header.decode(bytes(option))).isTrue();
        assertThat(header.option()).isEqualTo(NbdOption.GO);
        assertThat(header.lengthBytes()).isEqualTo(6);
        OptionReplyHeader replyHeader = new OptionReplyHeader();
        assertThat(replyHeader.decode(bytes(reply))).isTrue();
        assertThat(NbdOptionReply.isError(replyHeader.type())).isTrue();
        assertThat(NbdOptionReply.nameOf(replyHeader.type())).isEqualTo("ERR_UNKNOWN");
    }

    @Test
    void shouldEncodeAndDecodeInfoRequest() {
        InfoRequest request = new InfoRequest("ab", new int[] {3, 0xffff});
        String golden = "00000002 6162 0002 0003 ffff";
        assertThat(request.encode()).isEqualTo(bytes(golden));
        assertThat(InfoRequest.decode(bytes(golden))).isEqualTo(request);
        assertThat(request.asksFor(NbdInfoType.BLOCK_SIZE)).isTrue();
        assertThat(request.asksFor(NbdInfoType.NAME)).isFalse();
    }

    @Test
    void shouldEncodeAndDecodeMetaContextRequest() {
        MetaContextRequest request = new MetaContextRequest("e", List.of("base:", "x-a:b"));
        String golden = "00000001 65 00000002 00000005 626173653a 00000005 782d613a62";
        assertThat(request.encode()).isEqualTo(bytes(golden));
        assertThat(MetaContextRequest.decode(bytes(golden))).isEqualTo(request);
    }

    @Test
    void shouldEncodeAndDecodeListedExport() {
        ListedExport export = new ListedExport("disk", "\u00e4");
        String golden = "00000004 6469736b c3a4";
        assertThat(export.encode()).isEqualTo(bytes(golden));
        assertThat(ListedExport.decode(bytes(golden))).isEqualTo(export);
    }

    @Test
    void shouldEncodeAndDecodeExportAndBlockSizes() {
        ExportInfo info = new ExportInfo(5L << 30, TransmissionFlags.HAS_FLAGS | TransmissionFlags.SEND_FLUSH);
        info.encode(out);
        BlockSizeInfo sizes = BlockSizeInfo.of(BlockGeometry.ofSize(512));
        sizes.encode(out);
        assertWritten("0000000140000000 0005" + "00000001 00001000 02000000");
        assertThat(ExportInfo.decode(bytes("0000000140000000 0005"))).isEqualTo(info);
        assertThat(BlockSizeInfo.decode(bytes("00000001 00001000 02000000"))).isEqualTo(sizes).isEqualTo(BlockSizeInfo.DEFAULT);
        assertThat(BlockSizeInfo.decode(bytes("00000200 00001000 ffffffff")).maximumBytes())
                .isEqualTo(NbdConstants.UNLIMITED_PAYLOAD_BYTES);
    }

    private void assertWritten(String hex) {
        assertThat(out.flip()).isEqualTo(bytes(hex));
        out.clear();
    }

    static ByteBuffer bytes(String hex) {
        return ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", "")));
    }
}
