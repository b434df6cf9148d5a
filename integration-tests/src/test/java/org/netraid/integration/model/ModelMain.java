/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.model;

import java.util.List;
import java.util.Set;

/** {@code bin/model}: searches all states to a depth, or walks at random, and tells the shortest way to a violation. */
public final class ModelMain {

    private static final String USAGE = """
            usage: bin/model [--nodes N] [--depth N] [--states N] [--chunks N] [--heal N] [--walks N] [--length N] [--seed N]
                             [--with FEATURES] [--defect NAME]
              --nodes N    nodes: 2 to 5 for a search, to 8 for walks (default 3)
              --depth N    moves from the start (default 40)
              --states N   distinct states at most (default 5000000)
              --chunks N   chunks of the mirror, 1 to 4 (default 2)
              --heal N     each so many-th state is healed: all nodes boot, all links are mended, and the mirror must recover (default 200)
              --walks N    instead of a search: so many random walks
              --length N   moves of a walk (default 120)
              --seed N     of the first walk (default 1)
              --with NAMES what a configuration can switch off, separated by commas: survivors, rollback, all, none
                           (default: none for a search, which gets deeper so; all for walks)
              --defect NAME  plant a defect; --defect list shows them
            """;

    private int nodes = 3;
    private int depth = 40;
    private int states = 5_000_000;
    private int chunks = 2;
    private int healEach = 200;
    private int walks;
    private int length = 120;
    private long seed = 1;
    private Defect defect = Defect.NONE;
    private Set<Feature> features;

    private ModelMain() {
    }

    public static void main(String[] args) {
        ModelMain main = new ModelMain();
        try {
            if (main.parse(args)) {
                System.exit(main.run() ? 0 : 1);
            }
        } catch (IllegalArgumentException e) {
            System.err.println("model: " + e.getMessage());
            System.err.print(USAGE);
            System.exit(2);
        }
    }

    private boolean run() {
        long start = System.nanoTime();
        List<String> story;
        String summary;
        Tally tally;
        if (walks > 0) {
            Walks walk = new Walks(nodes, chunks, defect, features == null ? Feature.all() : features);
            story = List.of();
            int done = 0;
            while (done < walks && story.isEmpty()) {
                story = walk.walk(seed + done++, length);
            }
            tally = walk.tally;
            summary = String.format("%,d walks of %d nodes from seed %d: %,d moves, each walk healed at its end", done, nodes, seed,
                    walk.moves());
        } else {
            Search search = new Search(nodes, chunks, defect, features == null ? Feature.none() : features, healEach);
            Search.Result result = search.run(depth, states);
            tally = search.tally;
            story = result.story();
            summary = String.format("%d nodes: %,d distinct states, %,d moves, %s %d, %,d states healed (%,d with a split brain left)",
                    nodes, result.states(),
                    result.moves(), result.complete() ? "all to depth" : "to depth", result.depth(), result.healed(),
                    search.splits());
        }
        story.forEach(System.out::println);
        System.out.printf("How targets came back:%n%s", tally.text());
        System.out.printf("%s; %s; %.1f s%n", summary, story.isEmpty() ? "no violation" : "VIOLATION", (System.nanoTime() - start) / 1e9);
        return story.isEmpty();
    }

    private boolean parse(String[] args) {
        for (int i = 0; i < args.length; i += 2) {
            String option = args[i];
            if (option.equals("-h") || option.equals("--help")) {
                System.out.print(USAGE);
                return false;
            }
            if (i + 1 == args.length) {
                throw new IllegalArgumentException(option + (option.startsWith("--") ? " needs a value" : " is not an option"));
            }
            String value = args[i + 1];
            switch (option) {
                case "--nodes" -> nodes = (int) number(option, value, 2, 8);
                case "--depth" -> depth = (int) number(option, value, 1, 1000);
                case "--states" -> states = (int) number(option, value, 1, 60_000_000);
                case "--chunks" -> chunks = (int) number(option, value, 1, Oracle.MAX_CHUNKS);
                case "--heal" -> healEach = (int) number(option, value, 0, Integer.MAX_VALUE);
                case "--walks" -> walks = (int) number(option, value, 1, Integer.MAX_VALUE);
                case "--length" -> length = (int) number(option, value, 1, 100_000);
                case "--seed" -> seed = number(option, value, 0, Long.MAX_VALUE);
                case "--with" -> features = Feature.of(value);
                case "--defect" -> {
                    if (value.equals("list")) {
                        for (Defect known : Defect.values()) {
                            System.out.printf("%-22s %s%n", known.option(), known.words);
                        }
                        return false;
                    }
                    defect = Defect.of(value);
                }
                default -> throw new IllegalArgumentException("unknown option " + option);
            }
        }
        if (walks == 0 && nodes > 5) {
            throw new IllegalArgumentException("a search has at most 5 nodes; for more: --walks N");
        }
        return true;
    }

    private static long number(String option, String text, long least, long most) {
        try {
            long number = Long.parseLong(text);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException(option + " needs a number from " + least + " to " + most + ", not '" + text + "'");
    }
}
