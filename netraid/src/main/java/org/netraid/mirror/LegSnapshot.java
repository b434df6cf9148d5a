/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.intentlog.IntentLog;

/**
 * One target at one moment, for status and metrics.
 *
 * @param slot place in the intent log
 * @param nodeName the target node
 * @param systemId its machine
 * @param protocol when a write counts as done, now
 * @param state where the target stands
 * @param deviceName URI or path of the connection; "" without one
 * @param dirtyChunks chunks that may differ and will be resynced
 * @param bytesWritten application bytes the target has answered, zeros included, since the leg was added
 * @param resyncBytes bytes the resync has sent, zeros excluded
 * @param resyncZeroBytes bytes the resync has sent as WRITE_ZEROES
 * @param commandsInFlight commands not yet answered
 * @param lagBytes bytes of writes that the target has not answered, queued ones included
 * @param lagNs age of the oldest of these
 * @param unflushedBytes bytes that the target may still lose with its cache, and those that it lags behind
 * @param ahead it lagged too far behind and gets no writes for now; a resync follows
 * @param extension order and receipts come from the target's own help; false: from waiting for its answers, as with any NBD server
 * @param losses how often the target was lost since the leg was added
 * @param lastError what ended the last connection; "" if nothing did
 */
public record LegSnapshot(int slot, String nodeName, String systemId, ReplicationProtocol protocol, LegState state, String deviceName,
        long dirtyChunks, long bytesWritten, long resyncBytes, long resyncZeroBytes, int commandsInFlight, long lagBytes,
        long lagNs, long unflushedBytes, boolean ahead, boolean extension,
        long losses, String lastError) {

    static LegSnapshot of(Leg leg, LegStreams streams, IntentLog log, long nowNs) {
        CopyChannel channel = leg.channel;
        LegStream stream = streams.stream(leg.slot);
        long lagBytes = channel == null ? 0 : channel.bytesInFlight() + stream.lagBytes - stream.inFlightBytes;
        long lagNs = channel == null ? 0 : Math.max(channel.oldestAgeNs(), streams.writes().lagNs(leg.slot, nowNs));
        long unflushed = leg.replicates() ? lagBytes + leg.bytesWritten - leg.flushedBytes : 0;
        return new LegSnapshot(leg.slot, leg.nodeName(), leg.config.systemId(), leg.protocol, leg.shownState(),
                channel == null ? "" : channel.device.name(), log.dirtyChunks(leg.slot), leg.bytesWritten, leg.resyncBytes,
                leg.resyncZeroBytes, channel == null ? 0 : channel.inFlight(), lagBytes, lagNs, unflushed, leg.ahead, helps(leg),
                leg.losses, leg.lastError);
    }

    /** True if the target's own help makes up its protocol. */
    private static boolean helps(Leg leg) {
        return leg.channel != null && (leg.protocol == ReplicationProtocol.A ? leg.channel.keepsOrder()
                : leg.protocol == ReplicationProtocol.B && leg.channel.givesReceipts());
    }
}
