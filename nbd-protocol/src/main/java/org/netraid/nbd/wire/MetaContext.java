/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * One reply to LIST_META_CONTEXT or SET_META_CONTEXT, and which contexts the queries of a listing mean.
 *
 * <pre>
 *   | context id(4) | name |
 * </pre>
 *
 * <p>Source: NBD protocol, "Metadata querying".
 *
 * @param id by which BLOCK_STATUS replies name the context; means nothing in a listing
 * @param name {@code namespace:leaf}
 */
public record MetaContext(int id, String name) {

    /** Which parts of an export are holes or zeros. */
    public static final String BASE_ALLOCATION = "base:allocation";

    /** @throws NbdFormatException if the reply is too short or its name is no string */
    public static MetaContext decode(ByteBuffer data) {
        if (data.remaining() < Integer.BYTES) {
            throw new NbdFormatException("META_CONTEXT reply of " + data.remaining() + " bytes");
        }
        int id = data.getInt();
        return new MetaContext(id, NbdStrings.decode(data, data.remaining(), "metadata context"));
    }

    public ByteBuffer encode() {
        byte[] bytes = NbdStrings.encode(name, "metadata context");
        return ByteBuffer.allocate(Integer.BYTES + bytes.length).putInt(id).put(bytes).flip();
    }

    /**
     * True if a listing has to show the context: no query means all, and a query that ends with a colon stands for everything below it.
     * What nobody knows is ignored.
     */
    public static boolean isListed(String name, List<String> queries) {
        if (queries.isEmpty()) {
            return true;
        }
        for (String query : queries) {
            if (query.equals(name) || query.endsWith(":") && name.startsWith(query)) {
                return true;
            }
        }
        return false;
    }
}
