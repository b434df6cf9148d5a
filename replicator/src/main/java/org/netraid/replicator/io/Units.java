/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.io;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes and durations as people write them. */
public final class Units {

    private static final Pattern NUMBER_AND_UNIT = Pattern.compile("([0-9]{1,15}(?:\\.[0-9]{1,9})?)\\s*([A-Za-z]*)");

    private Units() {
    }

    /**
     * Bytes from text such as {@code 64k}, {@code 1G}, {@code 512 MiB}; units are powers of 1024.
     *
     * @throws IllegalArgumentException what is wrong and what is allowed
     */
    public static long bytes(String text) {
        Matcher matcher = NUMBER_AND_UNIT.matcher(text.trim());
        if (matcher.matches()) {
            int shift = switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
                case "", "b" -> 0;
                case "k", "kb", "kib" -> 10;
                case "m", "mb", "mib" -> 20;
                case "g", "gb", "gib" -> 30;
                case "t", "tb", "tib" -> 40;
                case "p", "pb", "pib" -> 50;
                default -> -1;
            };
            if (shift >= 0) {
                return exact(text, new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(1L << shift)));
            }
        }
        throw new IllegalArgumentException("\"" + text + "\" is not a size; write a number of bytes or one with k, M, G or T, such as "
                + "\"64k\"");
    }

    /**
     * Nanoseconds from text such as {@code 5s}, {@code 200ms}, {@code 2min}; a bare number is seconds.
     *
     * @throws IllegalArgumentException what is wrong and what is allowed
     */
    static long nanoseconds(String text) {
        Matcher matcher = NUMBER_AND_UNIT.matcher(text.trim());
        if (matcher.matches()) {
            long unitNs = switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
                case "us" -> 1_000L;
                case "ms" -> 1_000_000L;
                case "", "s" -> 1_000_000_000L;
                case "m", "min" -> 60_000_000_000L;
                case "h" -> 3_600_000_000_000L;
                case "d" -> 86_400_000_000_000L;
                default -> 0;
            };
            if (unitNs > 0) {
                return exact(text, new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(unitNs)));
            }
        }
        throw new IllegalArgumentException("\"" + text + "\" is not a duration; write seconds or a number with ms, s, min, h or d, such as "
                + "\"5s\"");
    }

    private static long exact(String text, BigDecimal value) {
        if (value.stripTrailingZeros().scale() > 0) {
            throw new IllegalArgumentException("\"" + text + "\" is not a whole number of its smallest unit");
        }
        if (value.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            throw new IllegalArgumentException("\"" + text + "\" is too large");
        }
        return value.longValueExact();
    }

    /** Bytes for people: the largest unit that keeps at least one digit before the point. */
    public static String ofBytes(long bytes) {
        String[] units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.length - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0 || value == Math.rint(value)
                ? String.format(Locale.ROOT, "%.0f %s", value, units[unit])
                : String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
    }

    /** A duration for people, in the largest unit that gives a whole number. */
    static String ofNanoseconds(long ns) {
        if (ns >= 1_000_000_000L && ns % 1_000_000_000L == 0 || ns == 0) {
            return ns / 1_000_000_000L + " s";
        }
        return ns % 1_000_000L == 0 ? ns / 1_000_000L + " ms" : ns / 1_000L + " us";
    }
}
