/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.scenario;

import java.util.ArrayList;
import java.util.List;

/**
 * One scenario: prose, and commands with the output that they must give.
 *
 * <pre>
 * Prose begins at the margin.
 * $ command
 *   the output it must give, indented by two
 * </pre>
 */
public final class Scenario {

    private static final String PROMPT = "$ ";
    private static final String INDENT = "  ";

    /** A line of prose, or a command with its output. */
    record Step(String line, boolean isCommand, List<String> expected) {
        String command() {
            return line.substring(PROMPT.length());
        }
    }

    private final String text;
    private final List<Step> steps = new ArrayList<>();

    private Scenario(String text) {
        this.text = text;
    }

    /** @throws IllegalArgumentException for output without a command */
    public static Scenario parse(String text) {
        Scenario scenario = new Scenario(text);
        for (String line : text.lines().toList()) {
            if (!line.startsWith(INDENT)) {
                scenario.steps.add(new Step(line, line.startsWith(PROMPT), new ArrayList<>()));
                continue;
            }
            Step last = scenario.steps.isEmpty() ? null : scenario.steps.get(scenario.steps.size() - 1);
            if (last == null || !last.isCommand()) {
                throw new IllegalArgumentException("output without a command: " + line);
            }
            last.expected().add(line.substring(INDENT.length()));
        }
        return scenario;
    }

    /** The nodes, from the command {@code nodes a b c}, which comes first. */
    public List<String> nodes() {
        return words("nodes");
    }

    /** Seconds that others wait for a previous source, from the command {@code wait N}; -1 for ever, as is the default. */
    public int waitSeconds() {
        List<String> words = words("wait");
        return words.isEmpty() ? -1 : Integer.parseInt(words.get(0));
    }

    /** Ceiling of a resync in KiB per second, from the command {@code resync-max-kib N}; 0: that of the configuration. */
    public int resyncMaxKib() {
        List<String> words = words("resync-max-kib");
        return words.isEmpty() ? 0 : Integer.parseInt(words.get(0));
    }

    /** What is done without an operator after a split brain, by the command {@code after-split-brain}; "disconnect" without. */
    public String afterSplitBrain() {
        List<String> words = words("after-split-brain");
        return words.isEmpty() ? "disconnect" : words.get(0);
    }

    /** False if targets remember nothing of recent writes, by the command {@code targets forget}. */
    public boolean targetsRemember() {
        return !words("targets").equals(List.of("forget"));
    }

    /** Who decides besides the node, by the command {@code quorum}; "none" without. */
    public String quorum() {
        List<String> words = words("quorum");
        return words.isEmpty() ? "none" : words.get(0);
    }

    private List<String> words(String name) {
        return steps.stream().filter(step -> step.isCommand() && step.command().startsWith(name + " ")).findFirst()
                .map(step -> List.of(step.command().substring(name.length() + 1).split(" "))).orElse(List.of());
    }

    /** The whole text, as it is in the file. */
    public String text() {
        return text;
    }

    /** Runs every command. @return the text that the file should have */
    public String run(ScenarioCluster cluster) {
        ScenarioCommands commands = new ScenarioCommands(cluster, nodes());
        StringBuilder transcript = new StringBuilder();
        for (Step step : steps) {
            transcript.append(step.line()).append('\n');
            if (step.isCommand()) {
                for (String line : commands.run(step.command(), step.expected())) {
                    transcript.append(INDENT).append(line).append('\n');
                }
            }
        }
        return transcript.toString();
    }
}
