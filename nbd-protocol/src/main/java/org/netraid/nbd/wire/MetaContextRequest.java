/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Data of the options LIST_META_CONTEXT and SET_META_CONTEXT.
 *
 * <pre>
 *   | name length(4) | name | count(4) | count x ( length(4) query ) |
 * </pre>
 *
 * @param exportName empty for the default export
 * @param queries {@code namespace:leaf}, in the order sent
 */
public record MetaContextRequest(String exportName, List<String> queries) {

    public MetaContextRequest {
        queries = List.copyOf(queries);
    }

    /**
     * Reads the whole buffer; bytes behind the last query are refused.
     *
     * @throws NbdFormatException if lengths and count do not match the data exactly
     */
    public static MetaContextRequest decode(ByteBuffer data) {
        String name = NbdStrings.decode(data, lengthOf(data, "export name"), "export name");
        long count = lengthOf(data, "query count");
        if (count > data.remaining() / Integer.BYTES) {
            throw new NbdFormatException(count + " queries do not fit the option");
        }
        List<String> queries = new ArrayList<>((int) count);
        for (long i = 0; i < count; i++) {
            queries.add(NbdStrings.decode(data, lengthOf(data, "query"), "query"));
        }
        if (data.hasRemaining()) {
            throw new NbdFormatException(data.remaining() + " bytes behind the last query");
        }
        return new MetaContextRequest(name, queries);
    }

    /** Option data, ready to be sent behind an {@link OptionHeader}. */
    public ByteBuffer encode() {
        byte[] nameBytes = NbdStrings.encode(exportName, "export name");
        List<byte[]> queryBytes = new ArrayList<>();
        int length = 2 * Integer.BYTES + nameBytes.length;
        for (String query : queries) {
            byte[] bytes = NbdStrings.encode(query, "query");
            queryBytes.add(bytes);
            length += Integer.BYTES + bytes.length;
        }
        ByteBuffer data = ByteBuffer.allocate(length);
        data.putInt(nameBytes.length).put(nameBytes).putInt(queryBytes.size());
        for (byte[] query : queryBytes) {
            data.putInt(query.length).put(query);
        }
        return data.flip();
    }

    private static long lengthOf(ByteBuffer data, String what) {
        if (data.remaining() < Integer.BYTES) {
            throw new NbdFormatException("option data ends before the length of the " + what);
        }
        return Integer.toUnsignedLong(data.getInt());
    }
}
