/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.io;

import org.netraid.replicator.config.UndoSettings;
import org.netraid.replicator.config.UpkeepSettings;
import org.netraid.replicator.config.VerifySettings;

/** Reads what a mirror says of verify and of what is done around a resync, from its own table and its limits. */
final class UpkeepReader {

    private static final long MAX_EVERY_NS = 366L * 86_400 * 1_000_000_000L;
    private static final long MAX_BYTES_PER_SECOND = 1L << 50;

    private UpkeepReader() {
    }

    static UpkeepSettings read(TomlSection mirror) throws ConfigException {
        return new UpkeepSettings(verify(mirror), undo(mirror));
    }

    private static UndoSettings undo(TomlSection mirror) throws ConfigException {
        String mode = mirror.string("undo", "auto");
        UndoSettings.Mode parsed = switch (mode) {
            case "auto" -> UndoSettings.Mode.AUTO;
            case "on" -> UndoSettings.Mode.ON;
            case "off" -> UndoSettings.Mode.OFF;
            default -> throw mirror.error("undo", "undo is \"" + mode + "\"; \"auto\", \"on\" and \"off\" are allowed");
        };
        return new UndoSettings(parsed, mirror.bytes("undo_max", UndoSettings.DEFAULT.maxBytes(), UndoSettings.MIN_BYTES, 1L << 50));
    }

    private static VerifySettings verify(TomlSection mirror) throws ConfigException {
        VerifySettings defaults = VerifySettings.DEFAULT;
        long every = mirror.nanoseconds("verify_every", defaults.everyNs(), 0, MAX_EVERY_NS);
        if (every > 0 && every < VerifySettings.MIN_EVERY_NS) {
            throw mirror.error("verify_every", "verify_every is " + Units.ofNanoseconds(every) + "; 0 (never) or from "
                    + Units.ofNanoseconds(VerifySettings.MIN_EVERY_NS) + " on is allowed");
        }
        return new VerifySettings(every, mirror.bytes("verify_max", defaults.maxBytesPerSecond(), 0, MAX_BYTES_PER_SECOND));
    }
}
