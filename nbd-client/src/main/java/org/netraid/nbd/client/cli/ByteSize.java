/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client.cli;

import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Sizes and offsets as people write them: {@code 512}, {@code 4k}, {@code 1M}, {@code 3G}, {@code 1T}; powers of 1024. */
final class ByteSize implements ITypeConverter<Long> {

    private static final String SUFFIXES = "kmgtp";

    @Override
    public Long convert(String text) {
        String lower = text.strip().toLowerCase(Locale.ROOT);
        if (lower.endsWith("ib")) {
            lower = lower.substring(0, lower.length() - 2);
        }
        int suffix = lower.isEmpty() ? -1 : SUFFIXES.indexOf(lower.charAt(lower.length() - 1));
        String digits = suffix < 0 ? lower : lower.substring(0, lower.length() - 1);
        if (digits.isEmpty() || digits.length() > 18 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new TypeConversionException("'" + text + "' is not a size; write bytes, or 4k, 1M, 1G, 1T");
        }
        try {
            return Math.multiplyExact(Long.parseLong(digits), 1L << 10 * (suffix + 1));
        } catch (ArithmeticException tooLarge) {
            throw new TypeConversionException("'" + text + "' is more than 2^63 bytes");
        }
    }

    /** For people: {@code 1.5 GiB}. */
    static String text(long bytes) {
        if (bytes < 1024) {
            return bytes + " bytes";
        }
        double value = bytes;
        int unit = -1;
        while (value >= 1024 && unit < SUFFIXES.length() - 1) {
            value /= 1024;
            unit++;
        }
        String number = value == Math.rint(value) ? Long.toString((long) value) : String.format(Locale.ROOT, "%.1f", value);
        return number + " " + Character.toUpperCase(SUFFIXES.charAt(unit)) + "iB";
    }
}
