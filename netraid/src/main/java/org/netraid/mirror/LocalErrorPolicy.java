/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.util.Locale;
import java.util.Optional;

/** What a failed read, write or flush of the local disk leads to. A read is first tried on a target, unless the mirror stops. */
public enum LocalErrorPolicy {
    /** The local disk is given up; reads and writes go on with the targets that are in sync. Without one: as {@link #PASS_ON}. */
    DETACH,
    /** The application gets the error; what a failed write may have left different is dirty. A failed flush ends the mirror. */
    PASS_ON,
    /** The mirror serves nothing any more. */
    STOP;

    /** As in the configuration. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The policy for a word of the configuration. */
    public static Optional<LocalErrorPolicy> ofWord(String word) {
        for (LocalErrorPolicy policy : values()) {
            if (policy.word().equals(word)) {
                return Optional.of(policy);
            }
        }
        return Optional.empty();
    }
}
