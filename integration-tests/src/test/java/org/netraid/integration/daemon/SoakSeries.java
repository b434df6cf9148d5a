/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Named series of a soak run, a value in each minute, and the judgement whether they have grown. Not thread-safe. */
final class SoakSeries {

    private final Map<String, List<Double>> values = new LinkedHashMap<>();
    private final Map<String, Allowance> allowances = new LinkedHashMap<>();

    /** The median of the last third may be {@code factor} times that of the first plus {@code more}. */
    record Allowance(String unit, double factor, double more) {
    }

    void allow(String name, Allowance allowance) {
        allowances.put(name, allowance);
    }

    void add(String name, double value) {
        values.computeIfAbsent(name, fresh -> new ArrayList<>()).add(value);
    }

    int size() {
        return values.values().stream().mapToInt(List::size).max().orElse(0);
    }

    double last(String name) {
        List<Double> series = values.get(name);
        return series.get(series.size() - 1);
    }

    /** Judges every series; the first sixth of the values is warm-up. @return what has grown too much */
    List<String> judge(List<String> report) {
        List<String> wrong = new ArrayList<>();
        report.add(String.format("%-34s %12s %12s %12s", "median of", "first third", "last third", "allowed"));
        allowances.forEach((name, allowance) -> {
            double early = third(name, false);
            double late = third(name, true);
            double allowed = early * allowance.factor() + allowance.more();
            boolean good = late <= allowed;
            report.add(String.format(Locale.ROOT, "%-34s %12.2f %12.2f %12.2f %s", name + ", " + allowance.unit(), early, late, allowed,
                    good ? "" : "GROWN"));
            if (!good) {
                wrong.add(String.format(Locale.ROOT, "%s has grown from %.2f to %.2f %s; %.2f are allowed", name, early, late,
                        allowance.unit(), allowed));
            }
        });
        return wrong;
    }

    /** How much higher the last third is than the first; at least 1. */
    double growth(String name) {
        double early = third(name, false);
        return early <= 0 ? 1 : Math.max(1, third(name, true) / early);
    }

    private double third(String name, boolean last) {
        List<Double> series = values.getOrDefault(name, List.of());
        int warm = Math.max(1, series.size() / 6);
        int count = Math.max(1, (series.size() - warm) / 3);
        int from = last ? series.size() - count : Math.min(warm, series.size() - 1);
        double[] part = series.subList(Math.max(0, from), Math.min(series.size(), from + count)).stream().mapToDouble(Double::doubleValue)
                .sorted().toArray();
        return part.length == 0 ? 0 : median(part);
    }

    private static double median(double[] sorted) {
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : Arrays.stream(sorted, middle - 1, middle + 1).average().orElseThrow();
    }
}
