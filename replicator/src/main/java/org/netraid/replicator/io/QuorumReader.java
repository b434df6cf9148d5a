/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.io;

import java.util.List;
import java.util.function.Function;
import org.netraid.replicator.config.DaemonSettings;
import org.netraid.replicator.config.MirrorConfig;
import org.netraid.replicator.config.QuorumSettings;
import org.netraid.replicator.config.QuorumSettings.Fencing;
import org.netraid.replicator.config.QuorumSettings.Kind;
import org.netraid.replicator.config.QuorumSettings.Loss;
import org.netraid.replicator.node.HookRunner;

/** Reads what a mirror says of quorum and fencing. */
final class QuorumReader {

    private QuorumReader() {
    }

    static QuorumSettings read(TomlSection mirror, QuorumSettings defaults) throws ConfigException {
        Kind kind = word(mirror, "quorum", List.of(Kind.values()), Kind::word, defaults.kind());
        Loss loss = word(mirror, "quorum_loss", List.of(Loss.values()), Loss::word, defaults.loss());
        Fencing fencing = word(mirror, "fencing", List.of(Fencing.values()), Fencing::word, defaults.fencing());
        String tieBreaker = mirror.string("tie_breaker", "");
        return mirror.checked("tie_breaker", () -> new QuorumSettings(kind, loss, tieBreaker, defaults.pollNs(), fencing));
    }

    private static <T> T word(TomlSection section, String key, List<T> values, Function<T, String> wordOf, T otherwise)
            throws ConfigException {
        String word = section.string(key, wordOf.apply(otherwise));
        for (T value : values) {
            if (wordOf.apply(value).equals(word)) {
                return value;
            }
        }
        throw section.error(key, key + " is \"" + word + "\"; allowed: " + String.join(", ", values.stream().map(wordOf).toList()));
    }

    /** The programs that mirrors rely on are there. */
    static void check(TomlSection top, List<MirrorConfig> mirrors, DaemonSettings daemon) throws ConfigException {
        for (MirrorConfig mirror : mirrors) {
            QuorumSettings quorum = mirror.failover().quorum();
            if (quorum.kind() == Kind.COMMAND) {
                need(top, mirror, daemon, HookRunner.QUORUM, "quorum = \"command\"");
            }
            if (quorum.fencing() != Fencing.DONT_CARE) {
                need(top, mirror, daemon, HookRunner.FENCE_PEER, "fencing = \"" + quorum.fencing().word() + "\"");
            }
        }
    }

    private static void need(TomlSection top, MirrorConfig mirror, DaemonSettings daemon, String hook, String why) throws ConfigException {
        if (!daemon.hooks().programs().containsKey(hook)) {
            throw top.error("mirrors", "mirror " + mirror.tag() + ": " + why + " needs a program: " + hook.replace('-', '_')
                    + " in [hooks]");
        }
    }
}
