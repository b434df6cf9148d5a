/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.cli;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.io.Units;

/** The options of {@code mirror_action} that belong to single actions, as {@link MirrorCommand#options} carries them. */
final class ActionOptions {

    private static final long MAX_BYTES_PER_SECOND = 1L << 50;
    private static final String LKDR_MAX = "LKDR_SPEED_LIMIT=";
    private static final String LKDR_MIN = "LKDR_SPEED_LIMIT_MIN=";

    /** They leave the targets as they are, or out of sync: waiting for "in sync" would not end. */
    private static final Set<MirrorActionType> NOT_WAITED_FOR = EnumSet.of(MirrorActionType.PAUSE, MirrorActionType.STOP,
            MirrorActionType.REMOVE, MirrorActionType.EXPOSE, MirrorActionType.ROLLBACK, MirrorActionType.SUSPEND_IO,
            MirrorActionType.SPLIT_BRAIN, MirrorActionType.EXPLAIN);

    private ActionOptions() {
    }

    /** @param settings words with an equals sign, such as {@code LKDR_SPEED_LIMIT=50000} */
    static List<String> of(MirrorActionType action, Arguments parsed, List<String> settings) throws UsageException {
        List<String> options = new ArrayList<>();
        for (String option : List.of(MirrorCommand.REPAIR, MirrorCommand.STOP)) {
            if (parsed.has("--" + option)) {
                boolean stopsExposing = option.equals(MirrorCommand.STOP) && action == MirrorActionType.EXPOSE;
                MirrorAction.require(action == MirrorActionType.VERIFY || stopsExposing, "--" + option + " belongs to verify");
                options.add(option);
            }
        }
        MirrorAction.require(options.size() < 2, "verify can either --repair or --stop");
        for (String option : List.of(MirrorCommand.DISCARD_MY_DATA, MirrorCommand.DO_NOT_SAVE)) {
            if (parsed.has("--" + option)) {
                MirrorAction.require(action == MirrorActionType.RESOLVE, "--" + option + " belongs to resolve");
                options.add(option);
            }
        }
        if (parsed.has("--writable")) {
            MirrorAction.require(action == MirrorActionType.EXPOSE, "--writable belongs to expose");
            MirrorAction.require(options.isEmpty(), "expose either begins or --stop ends it");
            options.add(MirrorCommand.WRITABLE);
        }
        if (parsed.has("--seeded")) {
            MirrorAction.require(action == MirrorActionType.ADD || action == MirrorActionType.FULLRESYNC,
                    "--seeded belongs to add and fullresync");
            MirrorAction.require(!parsed.has("--assume-clean"), "a target is either --seeded or --assume-clean");
            options.add(MirrorCommand.SEEDED);
        }
        if (parsed.has("--for")) {
            MirrorAction.require(action == MirrorActionType.SUSPEND_IO, "--for belongs to suspend-io");
            MirrorAction.require(parsed.value("--for").matches("[0-9]{1,4}") && Integer.parseInt(parsed.value("--for")) >= 1
                    && Integer.parseInt(parsed.value("--for")) <= 3600, "--for is a number of seconds from 1 to 3600");
            options.add(MirrorCommand.FOR + Integer.parseInt(parsed.value("--for")));
        }
        checkCommon(action, parsed);
        for (String setting : settings) {
            boolean max = setting.startsWith(LKDR_MAX);
            MirrorAction.require(max || setting.startsWith(LKDR_MIN), "unknown setting " + setting + "; speed takes " + LKDR_MAX
                    + "KIB and " + LKDR_MIN + "KIB");
            MirrorAction.require(!setting.endsWith("="), setting + " needs a number of KiB per second");
            addRate(options, action, max ? MirrorCommand.MAX : MirrorCommand.MIN, setting.substring(setting.indexOf('=') + 1) + "k",
                    setting);
        }
        for (String option : List.of(MirrorCommand.MAX, MirrorCommand.MIN)) {
            String name = "--" + option.substring(0, option.length() - 1);
            if (parsed.has(name)) {
                addRate(options, action, option, parsed.value(name), name + " " + parsed.value(name));
            }
        }
        return options;
    }

    /** Options that are not the daemon's to judge: one that would be ignored leaves an operator believing that it counted. */
    private static void checkCommon(MirrorActionType action, Arguments parsed) throws UsageException {
        MirrorAction.require(!parsed.has("--assume-clean") || action == MirrorActionType.CREATE || action == MirrorActionType.ADD,
                "--assume-clean belongs to create and add");
        MirrorAction.require(!parsed.has("--i-accept-inconsistent-data") || action == MirrorActionType.FORCE,
                "--i-accept-inconsistent-data belongs to force");
        MirrorAction.require(!parsed.has("--wait") || !NOT_WAITED_FOR.contains(action),
                "--wait waits until the targets are in sync, which " + action.word() + " does not lead to");
    }

    private static void addRate(List<String> options, MirrorActionType action, String option, String text, String said)
            throws UsageException {
        MirrorAction.require(action == MirrorActionType.SPEED, said + " belongs to speed");
        MirrorAction.require(options.stream().noneMatch(other -> other.startsWith(option)), said + " sets the same limit a second time");
        try {
            long rate = Units.bytes(text);
            MirrorAction.require(rate <= MAX_BYTES_PER_SECOND, said + " is more than " + MAX_BYTES_PER_SECOND + " bytes per second");
            options.add(option + rate);
        } catch (IllegalArgumentException e) {
            throw new UsageException(said + ": " + e.getMessage());
        }
    }
}
