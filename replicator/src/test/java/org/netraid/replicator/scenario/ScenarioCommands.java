/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.scenario;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorStatus;
import org.netraid.replicator.control.TargetStatus;

/** The commands of a scenario, and the words in which their results are shown. */
final class ScenarioCommands {

    /** As do times. */
    private static final Pattern WHEN = Pattern.compile("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC(, [^:;]* old)?");
    /** Addresses differ from run to run. */
    private static final Pattern AMOUNT = Pattern.compile("\\d[0-9.]* (?:[KMG]i)?(B|chunks)\\b");
    private static final Pattern WHERE_SERVED = Pattern.compile(": nbd\\S*$");

    /** A generation is part of the name. */
    private static final Pattern LOST_FILE = Pattern.compile("\\S*data\\.lost-[0-9a-f]{16}");

    /** What a disk is known by differs too. */
    private static final Pattern DISKS = Pattern.compile("(?<=the disk) \\S+(?= of)|(?<=was on) \\(that was [^)]*\\)");

    private final ScenarioCluster cluster;
    private final List<String> nodes;

    ScenarioCommands(ScenarioCluster cluster, List<String> nodes) {
        this.cluster = cluster;
        this.nodes = nodes;
    }

    /** @param expected what the file says; only {@code show} looks at it, to know what it waits for */
    List<String> run(String command, List<String> expected) {
        return output(command, expected).stream().map(ScenarioCommands::timeless).toList();
    }

    private static String timeless(String text) {
        return placeless(WHEN.matcher(text).replaceAll("<time>"));
    }

    private static String placeless(String text) {
        return DISKS.matcher(LOST_FILE.matcher(text).replaceAll("<file>")).replaceAll("");
    }

    private List<String> output(String command, List<String> expected) {
        String[] words = command.split(" ");
        String[] rest = Arrays.copyOfRange(words, 1, words.length);
        if (words[0].endsWith(":")) {
            return result(cluster.act(words[0].substring(0, words[0].length() - 1), rest));
        }
        switch (words[0]) {
            case "nodes", "wait", "resync-max-kib", "targets", "after-split-brain", "quorum" -> { }
            case "boot" -> cluster.boot(rest);
            case "kill" -> List.of(rest).forEach(cluster::kill);
            case "shutdown" -> List.of(rest).forEach(cluster::shutdown);
            case "cut" -> cluster.cut(rest[0], rest[1]);
            case "cut-one-way" -> cluster.cutOneWay(rest[0], rest[1]);
            case "heal" -> cluster.heal();
            case "start-write" -> cluster.startWrite(rest[0], number(rest[1]), number(rest[2]));
            case "destroy-intent-log" -> cluster.destroyIntentLog(rest[0]);
            case "replace-disk" -> cluster.replaceDisk(rest[0]);
            case "write" -> {
                return List.of(cluster.write(rest[0], number(rest[1]), number(rest[2])) ? "acknowledged" : "failed");
            }
            case "write-chunks" -> {
                boolean good = cluster.writeAll(rest[0], number(rest[1]), number(rest[2]), number(rest[3]));
                return List.of(good ? "acknowledged" : "failed");
            }
            case "await-chunk" -> cluster.settle(() -> Integer.toString(cluster.read(rest[0], number(rest[1]))), rest[2]);
            case "await-lacks" -> cluster.settle(() -> Boolean.toString(target(rest[0], rest[1]).dirtyChunks() <= number(rest[2])), "true");
            case "await-forgotten" -> List.of(rest).forEach(node -> cluster.settle(() -> Boolean.toString(hasForgotten(node)), "true"));
            case "await-lost" -> List.of(rest).forEach(node -> cluster.settle(() -> cluster.status(node).orElseThrow().words(),
                    "Target (source unreachable)"));
            case "resynced" -> {
                return List.of(resynced(rest[0], rest[1], number(rest[2])));
            }
            case "read" -> {
                return List.of(Integer.toString(cluster.read(rest[0], number(rest[1]))));
            }
            case "compare" -> {
                return List.of(cluster.equal(rest[0], rest[1]) ? "equal" : "different");
            }
            case "show" -> {
                return cluster.settle(this::show, String.join("\n", expected)).lines().toList();
            }
            default -> throw new IllegalArgumentException("unknown command: " + command);
        }
        return List.of();
    }

    private static int number(String word) {
        return Integer.parseInt(word);
    }

    private static List<String> result(CommandResult result) {
        List<String> lines = new ArrayList<>();
        String rule = result.ruleId().isEmpty() ? "" : " by " + result.ruleId();
        if (result.code() == ExitCode.DONE) {
            lines.add("done" + rule);
        } else {
            lines.add(result.code() + rule);
        }
        result.lines().forEach(line -> lines.add("  " + WHERE_SERVED.matcher(withoutAmounts(line.strip())).replaceFirst("")));
        return lines;
    }

    /** How many extents are hot when a node dies depends on its speed. */
    private static String withoutAmounts(String line) {
        return line.contains(" resync: would ") ? AMOUNT.matcher(line).replaceAll("N $1") : line;
    }

    /** The target need not remember anything: all copies have flushed all. */
    private boolean hasForgotten(String node) {
        return cluster.act(node, "explain").lines().stream()
                .anyMatch(line -> line.startsWith("recent writes are remembered: 0 chunks; without"));
    }

    private String resynced(String source, String target, int mostKib) {
        long bytes = target(source, target).resyncTotalBytes();
        return bytes <= (long) mostKib << 10 ? "at most " + mostKib + " KiB" : bytes + " bytes";
    }

    private TargetStatus target(String source, String target) {
        return cluster.status(source).orElseThrow().targets().stream().filter(each -> each.node().equals(target)).findFirst().orElseThrow();
    }

    private String show() {
        List<String> lines = new ArrayList<>();
        for (String node : nodes) {
            Optional<MirrorStatus> status = cluster.status(node);
            if (status.isEmpty()) {
                lines.add(node + " | down");
            } else {
                show(status.get(), lines);
            }
        }
        return timeless(String.join("\n", lines));
    }

    private static void show(MirrorStatus status, List<String> lines) {
        List<String> flags = new ArrayList<>();
        if (status.lastOwnerFlag()) {
            flags.add("last_owner");
        }
        if (!status.sourceFlag().isEmpty()) {
            flags.add("source=" + status.sourceFlag());
        }
        if (status.dataCorruptFlag()) {
            flags.add("data_corrupt");
        }
        lines.add(status.node() + " | " + status.words() + " | " + status.diskState() + " | "
                + (flags.isEmpty() ? "-" : String.join(" ", flags)));
        for (TargetStatus target : status.targets()) {
            lines.add("    " + target.node() + ": " + target.state().words() + howCopied(status, target));
        }
        status.io().reasons().forEach(reason -> lines.add("    writes wait: " + reason));
        if (!status.blockedRule().isEmpty()) {
            lines.add("    " + status.blockedRule() + ": " + status.blockedReason());
            if (!status.cure().isEmpty()) {
                lines.add("    cure: " + status.cure());
            }
        }
    }

    /** Only what does not depend on the moment: a full resync is one that covered the whole device. */
    private static String howCopied(MirrorStatus status, TargetStatus target) {
        if (target.resyncTotalBytes() != status.sizeBytes()) {
            return "";
        }
        return switch (target.state()) {
            case IN_SYNC -> ", after a full resync";
            case RESYNCING -> ", fully";
            default -> "";
        };
    }
}
