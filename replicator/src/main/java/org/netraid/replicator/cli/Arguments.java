/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.netraid.replicator.io.Suggestions;

/**
 * A command line: words in order, and options {@code --name}, {@code --name=value} or {@code --name value}. {@code --} ends the options.
 */
public final class Arguments {

    private static final int MAX_WORDS = 64;
    private static final int MAX_LENGTH = 4096;

    private final List<String> words = new ArrayList<>();
    private final Map<String, List<String>> options = new LinkedHashMap<>();

    private Arguments() {
    }

    /**
     * @param flags options without a value
     * @param valued options that need one
     * @param optional options that may have one after {@code =}
     */
    public static Arguments parse(String[] arguments, Set<String> flags, Set<String> valued, Set<String> optional) throws UsageException {
        Arguments parsed = new Arguments();
        boolean optionsEnded = false;
        for (int i = 0; i < arguments.length; i++) {
            String argument = arguments[i];
            if (argument.length() > MAX_LENGTH || i >= 4 * MAX_WORDS) {
                throw new UsageException("the command line is too long");
            }
            if (optionsEnded || !argument.startsWith("--")) {
                parsed.word(argument);
            } else if (argument.equals("--")) {
                optionsEnded = true;
            } else {
                int equals = argument.indexOf('=');
                String name = equals < 0 ? argument : argument.substring(0, equals);
                String value = equals < 0 ? null : argument.substring(equals + 1);
                if (valued.contains(name)) {
                    if (value == null) {
                        if (++i >= arguments.length) {
                            throw new UsageException(name + " needs a value");
                        }
                        value = arguments[i];
                    }
                } else if (flags.contains(name) && value != null) {
                    throw new UsageException(name + " takes no value");
                } else if (!flags.contains(name) && !optional.contains(name)) {
                    Set<String> known = new TreeSet<>(flags);
                    known.addAll(valued);
                    known.addAll(optional);
                    throw new UsageException("unknown option " + name + Suggestions.didYouMean(name, known));
                }
                parsed.options.computeIfAbsent(name, unused -> new ArrayList<>()).add(value == null ? "" : value);
            }
        }
        return parsed;
    }

    private void word(String argument) throws UsageException {
        if (argument.startsWith("-") && argument.length() > 1) {
            throw new UsageException("unknown option " + argument + "; long options begin with --");
        }
        if (words.size() == MAX_WORDS) {
            throw new UsageException("too many words");
        }
        words.add(argument);
    }

    public List<String> words() {
        return words;
    }

    public boolean has(String option) {
        return options.containsKey(option);
    }

    /** The last value given; null if the option is not there. */
    public String value(String option) {
        List<String> values = options.get(option);
        return values == null ? null : values.get(values.size() - 1);
    }

    List<String> values(String option) {
        return options.getOrDefault(option, List.of());
    }

    /** Seconds after {@code =}, such as {@code --wait=30}; {@code otherwise} if there is no value. */
    double seconds(String option, double otherwise) throws UsageException {
        String value = value(option);
        if (value == null || value.isEmpty()) {
            return otherwise;
        }
        if (!value.matches("[0-9]{1,7}(\\.[0-9]{1,3})?")) {
            throw new UsageException(option + " is \"" + value + "\", not a number of seconds");
        }
        return Double.parseDouble(value);
    }
}
