/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.control;

/**
 * How one target takes part in writes now.
 *
 * @param protocol "A", "B" or "C"
 * @param meaning what that comes to with this target: whether it helps by an extension, or any NBD server would do
 * @param lagBytes bytes of writes that it has not answered, those queued included
 * @param lagMillis age of the oldest of these
 * @param unflushedBytes bytes it could still lose with its cache, those it lags behind included; all this is dirty after a disconnect
 * @param leftBehind it lagged too far behind and gets no writes for now
 * @param replaying it is being given what a killed life of the source had queued for it
 * @param replayedRecords of that, the writes that it has
 * @param replayRecords all of them, those of other targets included
 * @param compression what compression does for it
 */
public record ReplicationStatus(String protocol, String meaning, long lagBytes, long lagMillis, long unflushedBytes,
        boolean leftBehind, boolean replaying, long replayedRecords, long replayRecords, CompressionStatus compression) {

    public ReplicationStatus {
        compression = compression == null ? CompressionStatus.OFF : compression;
    }
}
