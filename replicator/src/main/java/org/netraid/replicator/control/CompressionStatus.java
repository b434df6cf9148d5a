/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.control;

/**
 * What compression does for one target, since the mirror went in service here.
 *
 * @param setting {@code off}, {@code fast} or {@code high}
 * @param dataBytes of writes, resyncs included
 * @param wireBytes what of it went over the wire: compressed, as it was where that was better, nothing for zeros
 * @param cpuMillis time that compressing took, on one core
 */
public record CompressionStatus(String setting, long dataBytes, long wireBytes, long cpuMillis) {

    /** Of a target that gets everything as it is. */
    public static final CompressionStatus OFF = new CompressionStatus("off", 0, 0, 0);

    /** Data bytes per byte on the wire; 0 before the first. */
    public double ratio() {
        return wireBytes == 0 ? 0 : (double) dataBytes / wireBytes;
    }
}
