/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.model;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** What a configuration can switch off, and a search leaves out to get deeper. */
enum Feature {
    /** Targets remember where they were written, and make do without a lost source (row S1). */
    SURVIVORS,
    /** Targets keep what a resync overwrites, and an interrupted one can be taken back (row D18). */
    ROLLBACK;

    String option() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Set<Feature> all() {
        return EnumSet.allOf(Feature.class);
    }

    static Set<Feature> none() {
        return EnumSet.noneOf(Feature.class);
    }

    /** @param names separated by commas; "all" and "none" are names too */
    static Set<Feature> of(String names) {
        if (names.equals("all") || names.equals("none")) {
            return names.equals("all") ? all() : none();
        }
        Set<Feature> features = none();
        for (String name : names.split(",")) {
            features.add(Arrays.stream(values()).filter(feature -> feature.option().equals(name)).findFirst().orElseThrow(() ->
                    new IllegalArgumentException("no feature is called " + name + "; there are " + Arrays.stream(values())
                            .map(Feature::option).collect(Collectors.joining(", ")) + ", all and none")));
        }
        return features;
    }
}
