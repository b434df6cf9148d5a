/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.control;

import java.util.List;

/**
 * One command of an operator.
 *
 * @param tag the mirror
 * @param source node the command is for, DataKeeper's third word: for FORCE and START the node to go in service, for
 *     SWITCHOVER the node in service now; null: the node the command was given to. A node that is not the one named forwards it there
 * @param targets targets the command is about; empty: all that it applies to
 * @param dryRun decide and explain, change nothing
 * @param acceptInconsistentData the second word that FORCE needs on a node whose copy is inconsistent
 *     ({@code --i-accept-inconsistent-data})
 * @param assumeClean CREATE and ADD: the copies are known to be equal, no full resync ({@code --assume-clean})
 * @param options what else was said, each a word without its dashes: {@value #REPAIR}, {@value #STOP}, {@value #SEEDED}; for PROTOCOL
 *     the letter or {@value #DEFAULT_PROTOCOL}; for ON_IO_ERROR the policy; for SPEED {@value #MAX} and {@value #MIN} with a number behind;
 *     for SUSPEND_IO {@value #FOR}
 */
public record MirrorCommand(String tag, MirrorActionType action, String source, List<String> targets, boolean dryRun,
        boolean acceptInconsistentData, boolean assumeClean, List<String> options) {

    /** VERIFY: the source's bytes replace what differs. */
    public static final String REPAIR = "repair";
    /** RESOLVE: the node that it is given to gives up its own data. */
    public static final String DISCARD_MY_DATA = "discard-my-data";
    /** RESOLVE: what only the copy has that is given up is not saved. */
    public static final String DO_NOT_SAVE = "do-not-save";
    /** EXPOSE: also to be written. */
    public static final String WRITABLE = "writable";
    /** VERIFY: end the one that runs; EXPOSE: end it. */
    public static final String STOP = "stop";
    /** PROTOCOL: back to what the configuration says. */
    public static final String DEFAULT_PROTOCOL = "default";

    /** ADD, FULLRESYNC: the target was filled with a copy of the data; compare, send only differences. */
    public static final String SEEDED = "seeded";
    /** SUSPEND_IO: begins the option with the seconds after which it ends by itself. */
    public static final String FOR = "for=";
    /** SPEED: begins the option with the ceiling in bytes per second, 0 for none. */
    public static final String MAX = "max=";
    /** SPEED: begins the option with the bytes per second that a resync may always take. */
    public static final String MIN = "min=";

    public MirrorCommand {
        if (tag == null || action == null) {
            throw new IllegalArgumentException("a command needs a tag and an action");
        }
        targets = targets == null ? List.of() : List.copyOf(targets);
        options = options == null ? List.of() : List.copyOf(options);
    }

    /** A command without further options. */
    public MirrorCommand(String tag, MirrorActionType action, String source, List<String> targets, boolean dryRun,
            boolean acceptInconsistentData, boolean assumeClean) {
        this(tag, action, source, targets, dryRun, acceptInconsistentData, assumeClean, List.of());
    }

    /**
     * The number behind an option such as {@value #MAX}.
     *
     * @return -1 if the option was not given
     * @throws IllegalArgumentException if what is behind it is no number from 0 up
     */
    public long number(String option) {
        for (String given : options) {
            if (given.startsWith(option)) {
                String text = given.substring(option.length());
                if (!text.matches("[0-9]{1,16}")) {
                    throw new IllegalArgumentException(given + " is not a number");
                }
                return Long.parseLong(text);
            }
        }
        return -1;
    }

    public boolean has(String option) {
        return options.contains(option);
    }

    /** A command with no options. */
    public static MirrorCommand of(String tag, MirrorActionType action, String source, String... targets) {
        return new MirrorCommand(tag, action, source, List.of(targets), false, false, false);
    }

    /** True if the option is a word of its own, right behind the action. */
    private boolean takesSetting() {
        return action == MirrorActionType.PROTOCOL || action == MirrorActionType.ON_IO_ERROR;
    }

    /** The command as typed, for messages. */
    public String asTyped() {
        StringBuilder text = new StringBuilder("mirror_action ").append(tag).append(' ').append(action.word());
        if (takesSetting()) {
            text.append(' ').append(String.join(" ", options));
        }
        if (source != null) {
            text.append(' ').append(source);
        }
        for (String target : targets) {
            text.append(' ').append(target);
        }
        text.append(dryRun ? " --dry-run" : "");
        text.append(acceptInconsistentData ? " --i-accept-inconsistent-data" : "");
        text.append(assumeClean ? " --assume-clean" : "");
        if (!takesSetting()) {
            options.forEach(option -> text.append(" --").append(option));
        }
        return text.toString();
    }
}
