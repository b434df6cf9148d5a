/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.io;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.netraid.mirror.LocalErrorPolicy;
import org.netraid.replicator.config.DaemonSettings;
import org.netraid.replicator.config.HookSettings;
import org.netraid.replicator.config.MirrorConfig;
import org.netraid.replicator.config.SplitBrainSettings;
import org.netraid.replicator.config.UndoSettings;
import org.netraid.replicator.config.UpkeepSettings;
import org.netraid.replicator.config.VerifySettings;
import org.netraid.replicator.node.HookRunner;

/** Reads what a mirror says of verify and of what is done around a resync, from its own table and its limits. */
final class UpkeepReader {

    private static final List<String> HOOKS = List.of(HookRunner.BEFORE_RESYNC_TARGET, HookRunner.AFTER_RESYNC_TARGET,
            HookRunner.OUT_OF_SYNC, HookRunner.FENCE_PEER, HookRunner.SPLIT_BRAIN, HookRunner.QUORUM_LOST, HookRunner.LOCAL_IO_ERROR,
            HookRunner.QUORUM, HookRunner.COROSYNC_QUORUMTOOL);
    private static final long MAX_EVERY_NS = 366L * 86_400 * 1_000_000_000L;
    private static final long MAX_BYTES_PER_SECOND = 1L << 50;

    private UpkeepReader() {
    }

    static UpkeepSettings read(TomlSection mirror) throws ConfigException {
        return new UpkeepSettings(verify(mirror), undo(mirror), onIoError(mirror), splitBrain(mirror),
                mirror.string("resync_after", ""));
    }

    private static LocalErrorPolicy onIoError(TomlSection mirror) throws ConfigException {
        String word = mirror.string("on_io_error", UpkeepSettings.DEFAULT.onIoError().word());
        return LocalErrorPolicy.ofWord(word).orElseThrow(() -> mirror.error("on_io_error", "on_io_error is \"" + word
                + "\"; \"detach\", \"pass_on\" and \"stop\" are allowed"));
    }

    private static SplitBrainSettings splitBrain(TomlSection mirror) throws ConfigException {
        SplitBrainSettings defaults = SplitBrainSettings.DEFAULT;
        String word = mirror.string("after_split_brain", defaults.policy().word());
        for (SplitBrainSettings.Policy policy : SplitBrainSettings.Policy.values()) {
            if (policy.word().equals(word)) {
                return new SplitBrainSettings(policy, mirror.bytes("split_brain_save", defaults.maxSavedBytes(), 0, 1L << 50));
            }
        }
        throw mirror.error("after_split_brain", "after_split_brain is \"" + word
                + "\"; \"disconnect\", \"discard-zero-changes\" and \"discard-secondary\" are allowed");
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

    /** Every mirror that another waits for is there, and no mirror waits for itself in the end. */
    static void checkOrder(TomlSection top, List<MirrorConfig> mirrors) throws ConfigException {
        for (MirrorConfig mirror : mirrors) {
            String tag = mirror.upkeep().resyncAfter();
            for (int steps = 0; !tag.isEmpty(); steps++) {
                String wanted = tag;
                MirrorConfig next = mirrors.stream().filter(other -> other.tag().equals(wanted)).findFirst().orElse(null);
                if (next == null) {
                    throw top.error("mirrors", "mirror " + mirror.tag() + ": resync_after is \"" + tag + "\"; there is no such mirror");
                }
                if (steps == mirrors.size() || next.tag().equals(mirror.tag())) {
                    throw top.error("mirrors", "mirror " + mirror.tag() + ": resync_after comes back to the mirror itself: its resync "
                            + "would wait for ever");
                }
                tag = next.upkeep().resyncAfter();
            }
        }
    }

    static DaemonSettings daemon(TomlSection top, TomlSection limits, UnaryOperator<String> path) throws ConfigException {
        int resyncs = (int) limits.integer("resyncs", DaemonSettings.DEFAULT.parallelResyncs(), 0, 1024);
        TomlSection section = ConfigParser.sectionOrEmpty(top, "hooks", "[hooks]");
        Map<String, String> programs = new TreeMap<>();
        for (String hook : HOOKS) {
            String key = hook.replace('-', '_');
            if (section.has(key)) {
                programs.put(hook, path.apply(section.string(key)));
            }
        }
        HookSettings hooks = new HookSettings(programs, section.nanoseconds("timeout", HookSettings.NONE.timeoutNs(), 1_000_000L,
                86_400L * 1_000_000_000L));
        section.end();
        return new DaemonSettings(resyncs, hooks);
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
