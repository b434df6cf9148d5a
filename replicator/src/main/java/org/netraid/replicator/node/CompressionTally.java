/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import org.netraid.nbd.client.NbdClientDevice;
import org.netraid.nbd.wire.Compression;
import org.netraid.replicator.control.CompressionStatus;

/** Adds up what compression has done over all connections to one target. */
final class CompressionTally {

    private final Compression setting;
    private NbdClientDevice current;
    private long dataBytes;
    private long wireBytes;
    private long packNs;

    CompressionTally(Compression setting) {
        this.setting = setting;
    }

    /** The next connection; null if there is none. */
    void connection(NbdClientDevice next) {
        if (current != null) {
            dataBytes += current.dataBytes();
            wireBytes += current.wireBytes();
            packNs += current.packNs();
        }
        current = next;
    }

    CompressionStatus status() {
        long nowNs = packNs + (current == null ? 0 : current.packNs());
        return new CompressionStatus(setting.toString(), dataBytes + (current == null ? 0 : current.dataBytes()),
                wireBytes + (current == null ? 0 : current.wireBytes()), nowNs / 1_000_000);
    }
}
