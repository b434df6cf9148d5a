/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.model;

import java.util.Arrays;
import java.util.stream.Collectors;

/** Defects that are planted on request, to prove that the checks would notice. */
enum Defect {
    /** None. */
    NONE("what the product does"),
    /** A node whose copy may be old starts by itself. */
    IGNORE_DATA_CORRUPT("a last owner starts although it should set data_corrupt and wait"),
    /** All copies pass for one generation. */
    IGNORE_GENERATIONS("decisions and plans do not look at generations"),
    /** G5. */
    FORGET_STALE("a write that a target misses is acknowledged without a new generation"),
    /** G6. */
    FORGET_WHO_MAY_HOLD("a target that may have been told that it is in sync counts as behind, and misses writes in its own generation"),
    /** G4. */
    FORGET_INCONSISTENT("a resync begins before the target has recorded that it is inconsistent"),
    /** D7. */
    FORGET_MERGE("the previous source's dirty chunks are not taken over"),
    /** S1. */
    FORGET_REGIONS("a target does not remember where it was written"),
    /** S1. */
    FORGET_REGIONS_EARLY("targets forget where they were written although one of them is not in sync"),
    /** S1. */
    SURVIVOR_AT_ONCE("a survivor that differs in nothing gets writes before it has taken the generation"),
    /** D18. */
    FORGET_UNDONE("what a roll-back has undone is not sent again"),
    /** D18. */
    KEEP_RECORD("a copy that was rolled back passes for in sync"),
    /** D3. */
    FORGET_WAY_BACK("a last owner does not wait for a copy whose resync may have been taken back"),
    /** One at a time. */
    NOBODY_IS_ASKED("a node goes in service without asking the others");

    final String words;

    Defect(String words) {
        this.words = words;
    }

    String option() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    static Defect of(String option) {
        return Arrays.stream(values()).filter(defect -> defect.option().equals(option)).findFirst().orElseThrow(() ->
                new IllegalArgumentException("no defect is called " + option + "; there are " + Arrays.stream(values()).skip(1)
                        .map(Defect::option).collect(Collectors.joining(", "))));
    }
}
