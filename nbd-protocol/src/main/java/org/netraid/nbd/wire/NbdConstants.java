/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

/** Magic numbers, sizes and limits. Source: NBD protocol, "Values". */
public final class NbdConstants {

    public static final int DEFAULT_PORT = 10809;

    /** First eight bytes from the server: {@code NBDMAGIC}. */
    public static final long NBD_MAGIC = 0x4e42444d41474943L;
    /** Second eight bytes from the server, and start of every option from the client: {@code IHAVEOPT}. */
    public static final long OPTION_MAGIC = 0x49484156454F5054L;
    public static final long OPTION_REPLY_MAGIC = 0x0003e889045565a9L;
    /** Second eight bytes of the oldstyle handshake, which nobody may speak any more. */
    public static final long OLDSTYLE_MAGIC = 0x0000420281861253L;
    public static final int REQUEST_MAGIC = 0x25609513;
    public static final int SIMPLE_REPLY_MAGIC = 0x67446698;
    public static final int STRUCTURED_REPLY_MAGIC = 0x668e33ef;

    public static final int EXTENDED_REQUEST_MAGIC = 0x21e41c71;
    public static final int EXTENDED_REPLY_MAGIC = 0x6e8a278c;

    /** Greeting of the server: two magics and the handshake flags. */
    public static final int GREETING_BYTES = 18;
    /** Client flags that answer the greeting. */
    public static final int CLIENT_FLAGS_BYTES = 4;
    public static final int OPTION_HEADER_BYTES = 16;
    public static final int OPTION_REPLY_HEADER_BYTES = 20;
    public static final int REQUEST_BYTES = 28;
    /** Header of requests and of reply chunks with extended headers. */
    public static final int EXTENDED_HEADER_BYTES = 32;
    public static final int SIMPLE_REPLY_BYTES = 16;
    public static final int CHUNK_HEADER_BYTES = 20;
    /** Answer to EXPORT_NAME: size and transmission flags, without the padding. */
    public static final int EXPORT_NAME_REPLY_BYTES = 10;
    /** Zero bytes behind that answer unless NO_ZEROES was negotiated. */
    public static final int EXPORT_NAME_PADDING_BYTES = 124;

    /** Longest string: export names, descriptions, context names, messages. */
    public static final int MAX_STRING_BYTES = 4096;
    /** Largest payload that must never be treated as an attack, and our own maximum. */
    public static final int DEFAULT_MAX_PAYLOAD_BYTES = 32 << 20;
    /** Block size "no limit" in NBD_INFO_BLOCK_SIZE. */
    public static final long UNLIMITED_PAYLOAD_BYTES = 0xffffffffL;

    private NbdConstants() {
    }
}
