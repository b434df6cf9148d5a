/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

import java.util.Locale;

/**
 * What happens after a split brain.
 *
 * @param policy what is done without an operator
 * @param maxSavedBytes what only the copy that is given up has is saved aside up to so many bytes; with more, nothing is overwritten
 */
public record SplitBrainSettings(Policy policy, long maxSavedBytes) {

    /** Which copy is given up without an operator. One in service never is. */
    public enum Policy {
        /** None: an operator chooses. */
        DISCONNECT,
        /** One that was not written since they parted. */
        DISCARD_ZERO_CHANGES,
        /** One that is out of service while the other is in service. */
        DISCARD_SECONDARY;

        /** As in the configuration. */
        public String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    public static final SplitBrainSettings DEFAULT = new SplitBrainSettings(Policy.DISCONNECT, 4L << 30);
}
