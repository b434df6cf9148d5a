/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.metadata;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.netraid.replicator.state.MirrorRecord;

/**
 * One copy of a mirror record in bytes.
 *
 * <pre>
 *  offset size
 *       0    8  magic "NRstate\n"
 *       8    4  version, 1
 *      12    4  length of the body in bytes, 2 to 65536
 *      16    8  sequence: one more with each write; the larger one of the two copies counts
 *      24    4  reserved, 0
 *      28    4  CRC32C of the bytes 0 to 27 and the body
 *      32    -  body: the record as UTF-8 JSON, one line, so that {@code cat} shows it
 * </pre>
 *
 * All numbers big-endian.
 */
public final class MirrorRecordCodec {

    static final long MAGIC = 0x4e52_7374_6174_650aL;
    static final int VERSION = 1;
    static final int HEADER_BYTES = 32;
    static final int MAX_BODY_BYTES = 1 << 16;
    private static final int CRC_OFFSET = 28;

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES, DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES,
                    DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .build();

    private MirrorRecordCodec() {
    }

    /** A decoded copy. */
    public record Copy(long sequence, MirrorRecord record) {
    }

    public static byte[] encode(long sequence, MirrorRecord record) {
        byte[] body = body(record);
        ByteBuffer bytes = ByteBuffer.allocate(HEADER_BYTES + body.length);
        bytes.putLong(MAGIC).putInt(VERSION).putInt(body.length).putLong(sequence).putInt(0).putInt(0).put(body);
        bytes.putInt(CRC_OFFSET, crc(bytes.array(), body.length));
        return bytes.array();
    }

    /** The copy, or empty if the bytes are torn, damaged, or of another version: the other copy counts then. */
    public static Optional<Copy> decode(byte[] file) {
        if (file.length < HEADER_BYTES) {
            return Optional.empty();
        }
        ByteBuffer bytes = ByteBuffer.wrap(file);
        int length = bytes.getInt(12);
        if (bytes.getLong(0) != MAGIC || bytes.getInt(8) != VERSION || length < 2 || length > MAX_BODY_BYTES
                || file.length != HEADER_BYTES + length || bytes.getInt(CRC_OFFSET) != crc(file, length)) {
            return Optional.empty();
        }
        try {
            JsonNode body = JSON.readTree(new String(file, HEADER_BYTES, length, StandardCharsets.UTF_8));
            addWhatOlderOnesLack(body);
            return Optional.of(new Copy(bytes.getLong(16), JSON.treeToValue(body, MirrorRecord.class)));
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    /** Fields that came later, with the value that they stand for in a record from before. */
    private static void addWhatOlderOnesLack(JsonNode body) {
        for (JsonNode peer : body.path("peers")) {
            if (peer instanceof ObjectNode fields) {
                fields.putIfAbsent("protocol", TextNode.valueOf(""));
                fields.putIfAbsent("mayHold", BooleanNode.FALSE);
                fields.putIfAbsent("noWayBack", BooleanNode.FALSE);
            }
        }
    }

    /** As long as they have that value they are not written: then a daemon from before can read the record too. */
    private static void dropWhatOlderOnesLack(JsonNode body) {
        for (JsonNode peer : body.path("peers")) {
            if (peer.path("protocol").asText().isEmpty()) {
                ((ObjectNode) peer).remove("protocol");
            }
            if (!peer.path("mayHold").asBoolean()) {
                ((ObjectNode) peer).remove("mayHold");
            }
            if (!peer.path("noWayBack").asBoolean()) {
                ((ObjectNode) peer).remove("noWayBack");
            }
        }
    }

    private static byte[] body(MirrorRecord record) {
        try {
            JsonNode tree = JSON.valueToTree(record);
            dropWhatOlderOnesLack(tree);
            byte[] body = JSON.writeValueAsString(tree).getBytes(StandardCharsets.UTF_8);
            if (body.length > MAX_BODY_BYTES) {
                throw new IllegalArgumentException("mirror record of " + body.length + " bytes");
            }
            return body;
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a mirror record is always writable as JSON", e);
        }
    }

    private static int crc(byte[] file, int bodyBytes) {
        CRC32C crc = new CRC32C();
        crc.update(file, 0, CRC_OFFSET);
        crc.update(file, HEADER_BYTES, bodyBytes);
        return (int) crc.getValue();
    }
}
