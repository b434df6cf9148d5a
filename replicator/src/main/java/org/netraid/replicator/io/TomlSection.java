/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.io;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.tomlj.TomlArray;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/**
 * One table of the file. Every value is asked for by name; {@link #end} complains about a key nobody asked for, so that
 * the list of known keys cannot drift from the code that reads them.
 */
final class TomlSection {

    private final String file;
    private final String title;
    private final TomlTable table;
    private final TomlPosition position;
    private final Set<String> known = new TreeSet<>();

    TomlSection(String file, String title, TomlTable table, TomlPosition position) {
        this.file = file;
        this.title = title;
        this.table = table;
        this.position = position;
    }

    String title() {
        return title;
    }

    /** An error in the value of a key of this table, or of the table itself if the key is not there. */
    ConfigException error(String key, String problem) {
        TomlPosition at = key == null ? null : table.inputPositionOf(List.of(key));
        if (at == null) {
            at = position;
        }
        return ConfigException.at(file, at == null ? 1 : at.line(), at == null ? 1 : at.column(), title + ": " + problem);
    }

    boolean has(String key) {
        known.add(key);
        return table.get(List.of(key)) != null;
    }

    Set<String> keys() {
        return table.keySet();
    }

    /** Declares a key that this method does not read now. */
    void know(String key) {
        known.add(key);
    }

    String string(String key) throws ConfigException {
        String value = string(key, null);
        if (value == null) {
            throw error(null, key + " is missing");
        }
        return value;
    }

    String string(String key, String otherwise) throws ConfigException {
        if (!has(key)) {
            return otherwise;
        }
        Object value = table.get(List.of(key));
        if (!(value instanceof String text) || text.isEmpty()) {
            throw error(key, key + " must be a text in quotes, not empty");
        }
        return text;
    }

    /** A text, or a number taken as its digits. */
    String word(String key, String otherwise) throws ConfigException {
        return has(key) && table.get(List.of(key)) instanceof Long number ? number.toString() : string(key, otherwise);
    }

    boolean truth(String key, boolean otherwise) throws ConfigException {
        if (!has(key)) {
            return otherwise;
        }
        if (!(table.get(List.of(key)) instanceof Boolean value)) {
            throw error(key, key + " must be true or false");
        }
        return value;
    }

    boolean isMinusOne(String key) {
        return has(key) && Long.valueOf(-1).equals(table.get(List.of(key)));
    }

    boolean isText(String key) {
        return has(key) && table.get(List.of(key)) instanceof String;
    }

    long integer(String key, long otherwise, long min, long max) throws ConfigException {
        if (!has(key)) {
            return otherwise;
        }
        if (!(table.get(List.of(key)) instanceof Long value)) {
            throw error(key, key + " must be a whole number");
        }
        if (value < min || value > max) {
            throw error(key, key + " is " + value + "; " + min + " to " + max + " is allowed");
        }
        return value;
    }

    /** A size: a whole number of bytes, or a text with a unit. */
    long bytes(String key, long otherwise, long min, long max) throws ConfigException {
        return quantity(key, otherwise, min, max, Units::bytes, Units::ofBytes);
    }

    /** A duration in nanoseconds: a number of seconds, or a text with a unit. */
    long nanoseconds(String key, long otherwise, long minNs, long maxNs) throws ConfigException {
        return quantity(key, otherwise, minNs, maxNs, Units::nanoseconds, Units::ofNanoseconds);
    }

    private long quantity(String key, long otherwise, long min, long max, Function<String, Long> parser, LongFunction<String> printer)
            throws ConfigException {
        if (!has(key)) {
            return otherwise;
        }
        Object value = table.get(List.of(key));
        if (!(value instanceof String || value instanceof Long || value instanceof Double)) {
            throw error(key, key + " must be a number or a text with a unit");
        }
        long quantity;
        try {
            quantity = parser.apply(value instanceof Double number ? BigDecimal.valueOf(number).toPlainString() : value.toString());
        } catch (IllegalArgumentException e) {
            throw error(key, key + ": " + e.getMessage());
        }
        if (quantity < min || quantity > max) {
            throw error(key, key + " is " + printer.apply(quantity) + "; " + printer.apply(min) + " to " + printer.apply(max)
                    + " is allowed");
        }
        return quantity;
    }

    /** Runs a constructor that checks, and says at which key it did not like the value. */
    <T> T checked(String key, Supplier<T> constructor) throws ConfigException {
        try {
            return constructor.get();
        } catch (IllegalArgumentException e) {
            throw error(key, e.getMessage());
        }
    }

    /** A sub-table; null if it is not there. */
    TomlSection section(String key, String sectionTitle) throws ConfigException {
        if (!has(key)) {
            return null;
        }
        if (!(table.get(List.of(key)) instanceof TomlTable child)) {
            throw error(key, key + " must be a table: " + sectionTitle);
        }
        return new TomlSection(file, sectionTitle, child, table.inputPositionOf(List.of(key)));
    }

    /** An array of tables; empty if it is not there. */
    List<TomlSection> sections(String key, String sectionTitle) throws ConfigException {
        List<TomlSection> found = new ArrayList<>();
        if (!has(key)) {
            return found;
        }
        if (!(table.get(List.of(key)) instanceof TomlArray array)) {
            throw error(key, key + " must be a list of tables: [" + sectionTitle + "]");
        }
        for (int i = 0; i < array.size(); i++) {
            if (!(array.get(i) instanceof TomlTable child)) {
                throw error(key, key + " must be a list of tables: [" + sectionTitle + "]");
            }
            found.add(new TomlSection(file, sectionTitle, child, array.inputPositionOf(i)));
        }
        return found;
    }

    /** All keys have been read: any other is a mistake. */
    void end() throws ConfigException {
        for (String key : table.keySet()) {
            if (!known.contains(key)) {
                throw error(key, "unknown key \"" + key + "\"" + Suggestions.didYouMean(key, known) + "; known here: "
                        + String.join(", ", known.stream().filter(name -> !name.startsWith("LKDR_")).toList()));
            }
        }
    }
}
