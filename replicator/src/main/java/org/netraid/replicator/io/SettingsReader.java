/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.io;

import java.util.Locale;
import org.netraid.intentlog.IntentLogLayout;
import org.netraid.mirror.QueueLimit;
import org.netraid.replicator.config.FailoverSettings;
import org.netraid.replicator.config.IntentLogSettings;
import org.netraid.replicator.config.JournalSettings;
import org.netraid.replicator.config.LogFailureAction;
import org.netraid.replicator.config.NbdServerSettings;
import org.netraid.replicator.config.PeerSettings;
import org.netraid.replicator.config.QuorumSettings;
import org.netraid.replicator.config.ResyncSettings;
import org.netraid.replicator.config.TargetSettings;

/**
 * Reads {@code [timeouts]} and {@code [limits]}, of the cluster or of one mirror. What a mirror does not say it takes from the cluster,
 * what the cluster does not say from the defaults. DataKeeper's names are aliases with DataKeeper's units.
 */
final class SettingsReader {

    private static final long MS = 1_000_000L;
    private static final long SECOND = 1_000 * MS;
    private static final long TEN_MINUTES = 600 * SECOND;
    private static final long MAX_BYTES_PER_SECOND = 1L << 50;

    /** What a mirror may set for itself. */
    record MirrorSettings(IntentLogSettings intentLog, TargetSettings targets, ResyncSettings resync, FailoverSettings failover) {
        static final MirrorSettings DEFAULT = new MirrorSettings(IntentLogSettings.DEFAULT, TargetSettings.DEFAULT,
                ResyncSettings.DEFAULT, FailoverSettings.DEFAULT);
    }

    private SettingsReader() {
    }

    static PeerSettings readPeers(TomlSection timeouts) throws ConfigException {
        PeerSettings defaults = PeerSettings.DEFAULT;
        long heartbeat = timeouts.nanoseconds("peer_heartbeat", defaults.heartbeatNs(), MS, 60 * SECOND);
        long dead = timeouts.nanoseconds("peer_dead", Math.max(defaults.deadNs(), 3 * heartbeat), 2 * heartbeat, TEN_MINUTES);
        long connect = timeouts.nanoseconds("peer_connect", defaults.connectNs(), MS, TEN_MINUTES);
        long reconnect = timeouts.nanoseconds("peer_reconnect", defaults.reconnectNs(), MS, TEN_MINUTES);
        return new PeerSettings(heartbeat, dead, connect, reconnect);
    }

    static NbdServerSettings readServer(TomlSection timeouts, TomlSection limits) throws ConfigException {
        NbdServerSettings defaults = NbdServerSettings.DEFAULT;
        return new NbdServerSettings(
                (int) limits.integer("nbd_connections", defaults.maxConnections(), 1, 65536),
                (int) limits.integer("nbd_connections_per_address", defaults.maxPerAddress(), 0, 65536),
                (int) limits.bytes("nbd_request_max", defaults.maxRequestBytes(), 1 << 20, 64 << 20),
                (int) limits.integer("nbd_requests_per_connection", defaults.requestsPerConnection(), 1, 4096),
                timeouts.nanoseconds("nbd_handshake", defaults.handshakeNs(), MS, TEN_MINUTES),
                timeouts.nanoseconds("nbd_idle", defaults.idleNs(), 0, 30 * 24 * 3600 * SECOND));
    }

    static MirrorSettings readMirror(TomlSection timeouts, TomlSection limits, MirrorSettings defaults) throws ConfigException {
        return new MirrorSettings(readIntentLog(limits, defaults.intentLog()), readTargets(timeouts, limits, defaults.targets()),
                readResync(limits, defaults.resync()), readFailover(timeouts, defaults.failover()));
    }

    private static TargetSettings readTargets(TomlSection timeouts, TomlSection limits, TargetSettings defaults)
            throws ConfigException {
        long request = defaults.requestTimeoutNs();
        if (isAliased(timeouts, "request", "NBD_XMIT_TIMEOUT")) {
            request = timeouts.integer("NBD_XMIT_TIMEOUT", 0, 1, 600) * SECOND;
        } else {
            request = timeouts.nanoseconds("request", request, MS, TEN_MINUTES);
        }
        return new TargetSettings(request,
                timeouts.nanoseconds("connect", defaults.connectNs(), MS, TEN_MINUTES),
                timeouts.nanoseconds("reconnect", defaults.reconnectNs(), MS, TEN_MINUTES),
                (int) limits.integer("requests", defaults.requests(), 1, 4096),
                timeouts.nanoseconds("flush_interval", defaults.flushIntervalNs(), MS, 60 * SECOND),
                readQueue(timeouts, limits, defaults.queue()),
                new JournalSettings(limits.truth("async_journal", defaults.journal().enabled()),
                        limits.bytes("async_memory", defaults.journal().memoryBytes(), 0, 16L << 30)));
    }

    private static QueueLimit readQueue(TomlSection timeouts, TomlSection limits, QueueLimit defaults) throws ConfigException {
        String word = limits.string("async_full", defaults.whenFull().word());
        QueueLimit.WhenFull whenFull = null;
        for (QueueLimit.WhenFull known : QueueLimit.WhenFull.values()) {
            whenFull = known.word().equals(word) ? known : whenFull;
        }
        if (whenFull == null) {
            throw limits.error("async_full", "async_full is \"" + word + "\"; \"block\", \"pull-ahead\" and \"disconnect\" are allowed");
        }
        return new QueueLimit(limits.bytes("async_limit", defaults.bytes(), 64 << 10, 16L << 30),
                timeouts.nanoseconds("async_age", defaults.ageNs(), 0, 3600 * SECOND), whenFull);
    }

    private static ResyncSettings readResync(TomlSection limits, ResyncSettings defaults) throws ConfigException {
        long max = defaults.maxBytesPerSecond();
        if (isAliased(limits, "resync_max", "LKDR_SPEED_LIMIT")) {
            max = limits.integer("LKDR_SPEED_LIMIT", 0, 0, MAX_BYTES_PER_SECOND >> 10) << 10;
        } else {
            max = limits.bytes("resync_max", max, 0, MAX_BYTES_PER_SECOND);
        }
        long highestMin = max == 0 ? MAX_BYTES_PER_SECOND : max;
        long min = Math.min(highestMin, defaults.minBytesPerSecond());
        if (isAliased(limits, "resync_min", "LKDR_SPEED_LIMIT_MIN")) {
            min = limits.integer("LKDR_SPEED_LIMIT_MIN", 0, 0, highestMin >> 10) << 10;
        } else {
            min = limits.bytes("resync_min", min, 0, highestMin);
        }
        return new ResyncSettings(max, min,
                (int) limits.integer("resync_chunks_in_flight", defaults.chunksInFlight(), 1, 64));
    }

    /** {@code chunk} may stand in the mirror's own table as well. */
    static IntentLogSettings readIntentLog(TomlSection section, IntentLogSettings defaults) throws ConfigException {
        String key = isAliased(section, "chunk", "LKDR_CHUNK_SIZE") ? "LKDR_CHUNK_SIZE" : "chunk";
        long chunk = key.equals("chunk")
                ? section.bytes(key, defaults.chunkBytes(), 4 << 10, 1 << 20)
                : section.integer(key, 0, 4, 1 << 10) << 10;
        if (Long.bitCount(chunk) != 1) {
            throw section.error(key, key + " is " + Units.ofBytes(chunk) + "; a power of two from 4 KiB to 1 MiB is allowed");
        }
        return new IntentLogSettings((int) chunk, readHotExtents(section, defaults.hotExtents()),
                readCoolAfter(section, defaults.coolAfterNs()), readLogFailure(section, defaults.onFailure()));
    }

    private static int readHotExtents(TomlSection section, int fallback) throws ConfigException {
        if (!section.isText("hot_extents")) {
            return (int) section.integer("hot_extents", fallback, 2, IntentLogLayout.MAX_AL_SLOTS);
        }
        if (!section.string("hot_extents").equals("auto")) {
            throw section.error("hot_extents", "hot_extents is \"" + section.string("hot_extents")
                    + "\"; \"auto\" (as many as the load has use for) and 2 to " + IntentLogLayout.MAX_AL_SLOTS + " are allowed");
        }
        return IntentLogSettings.AUTO;
    }

    private static long readCoolAfter(TomlSection section, long fallback) throws ConfigException {
        long after = section.nanoseconds("cool_after", fallback, 0, IntentLogSettings.MAX_COOL_AFTER_NS);
        if (after > 0 && after < IntentLogSettings.MIN_COOL_AFTER_NS) {
            throw section.error("cool_after", "cool_after is " + Units.ofNanoseconds(after) + "; 0 (never) and 1 s to "
                    + IntentLogSettings.MAX_COOL_AFTER_NS / 86_400 / SECOND + " days are allowed");
        }
        return after;
    }

    private static LogFailureAction readLogFailure(TomlSection section, LogFailureAction fallback) throws ConfigException {
        String word = section.string("intent_log_failure", fallback.name().toLowerCase(Locale.ROOT));
        return switch (word) {
            case "stop" -> LogFailureAction.STOP;
            case "degrade" -> LogFailureAction.DEGRADE;
            default -> throw section.error("intent_log_failure", "intent_log_failure is \"" + word
                    + "\"; \"stop\" (the mirror stops writing) and \"degrade\" (it goes on; every target needs a full resync) are allowed");
        };
    }

    private static FailoverSettings readFailover(TomlSection timeouts, FailoverSettings defaults) throws ConfigException {
        String alias = "LKDR_WAIT_FOR_PREVIOUS_SOURCE_TIMEOUT";
        String key = isAliased(timeouts, "wait_for_previous_source", alias) ? alias : "wait_for_previous_source";
        QuorumSettings quorum = defaults.quorum();
        long pollNs = timeouts.nanoseconds("quorum_poll", quorum.pollNs(), 10 * MS, TEN_MINUTES);
        return new FailoverSettings(timeouts.isMinusOne(key) ? FailoverSettings.FOR_EVER
                : timeouts.nanoseconds(key, defaults.waitForPreviousSourceNs(), 0, 366L * 86_400 * SECOND),
                timeouts.nanoseconds("regions", defaults.regionsNs(), 0, TEN_MINUTES), quorum.withPoll(pollNs));
    }

    /** True if DataKeeper's name is used; both at once is an error. */
    private static boolean isAliased(TomlSection section, String key, String alias) throws ConfigException {
        boolean own = section.has(key);
        boolean aliased = section.has(alias);
        if (own && aliased) {
            throw section.error(alias, alias + " is another name of " + key + ", which is set too");
        }
        return aliased;
    }
}
