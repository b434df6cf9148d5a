/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * A handshake for somebody else's transmission phase: simple replies, compact headers, no contexts, as the Linux kernel speaks them. Bytes
 * in, bytes out; whoever owns the socket moves them.
 */
public final class PlainHandshake {

    private final ClientHandshake handshake;

    /** @param send takes each message to the server */
    public PlainHandshake(String exportName, Consumer<ByteBuffer> send) {
        handshake = ClientHandshake.plain(exportName, send);
    }

    /** Consumes what belongs to the handshake; a server says nothing more before it is asked. */
    public void onBytes(ByteBuffer in) {
        handshake.onBytes(in);
    }

    public boolean isFinished() {
        return handshake.isFinished();
    }

    /** Why it came to nothing, for people; empty unless it did. */
    public String failure() {
        return handshake.failure();
    }

    /** What it means that the server hangs up now. */
    public String closedMeans() {
        return handshake.closedMeans();
    }

    /** What the server said about the export, once finished. */
    public NbdExport export() {
        return handshake.export();
    }
}
