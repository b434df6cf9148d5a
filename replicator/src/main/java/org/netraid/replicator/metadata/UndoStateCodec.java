/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.metadata;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.netraid.replicator.state.UndoState;

/**
 * {@code <tag>_undo} in bytes, big-endian:
 *
 * <pre>
 *  offset size
 *       0    8  magic "NRundoS\n"
 *       8    4  version, 1
 *      12    4  CRC32C of the body
 *      16    -  body: the state as UTF-8 JSON
 * </pre>
 */
public final class UndoStateCodec {

    private static final long MAGIC = 0x4e52756e_646f530aL;
    private static final int VERSION = 1;
    private static final int HEADER_BYTES = 16;
    private static final ObjectMapper JSON = JsonMapper.builder().build();

    private UndoStateCodec() {
    }

    public static byte[] encode(UndoState state) {
        try {
            byte[] body = JSON.writeValueAsString(state).getBytes(StandardCharsets.UTF_8);
            ByteBuffer bytes = ByteBuffer.allocate(HEADER_BYTES + body.length);
            return bytes.putLong(MAGIC).putInt(VERSION).putInt(crc(body, 0)).put(body).array();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an undo state is always writable as JSON", e);
        }
    }

    /** The state; empty if the bytes are damaged or of another version. */
    public static Optional<UndoState> decode(byte[] file) {
        if (file.length < HEADER_BYTES) {
            return Optional.empty();
        }
        ByteBuffer bytes = ByteBuffer.wrap(file);
        if (bytes.getLong() != MAGIC || bytes.getInt() != VERSION || bytes.getInt() != crc(file, HEADER_BYTES)) {
            return Optional.empty();
        }
        try {
            String body = new String(file, HEADER_BYTES, file.length - HEADER_BYTES, StandardCharsets.UTF_8);
            return Optional.of(JSON.readValue(body, UndoState.class));
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    private static int crc(byte[] bytes, int from) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, bytes.length - from);
        return (int) crc.getValue();
    }
}
