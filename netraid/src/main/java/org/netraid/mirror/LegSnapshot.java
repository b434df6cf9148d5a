/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

/**
 * One target at one moment, for status and metrics.
 *
 * @param slot place in the intent log
 * @param nodeName the target node
 * @param systemId its machine
 * @param protocol when a write counts as done
 * @param state where the target stands
 * @param deviceName URI or path of the connection; "" without one
 * @param dirtyChunks chunks that may differ and will be resynced
 * @param bytesWritten application bytes the target has answered, zeros included, since the leg was added
 * @param resyncBytes bytes the resync has sent, zeros excluded
 * @param resyncZeroBytes bytes the resync has sent as WRITE_ZEROES
 * @param commandsInFlight commands not yet answered
 * @param bytesInFlight payload of these: the target's lag in bytes
 * @param oldestInFlightNs age of the oldest of these: the target's lag in time
 * @param losses how often the target was lost since the leg was added
 * @param lastError what ended the last connection; "" if nothing did
 */
public record LegSnapshot(int slot, String nodeName, String systemId, ReplicationProtocol protocol, LegState state, String deviceName,
        long dirtyChunks, long bytesWritten, long resyncBytes, long resyncZeroBytes, int commandsInFlight, long bytesInFlight,
        long oldestInFlightNs, long losses, String lastError) {
}
