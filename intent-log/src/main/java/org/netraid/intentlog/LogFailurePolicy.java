/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

/**
 * What becomes of a mirror whose log cannot be written any more. Without one it stops writing. With one, the log goes on in memory
 * alone, but only after it is durably recorded elsewhere that every target needs a full resync once this life of the log ends.
 */
@FunctionalInterface
public interface LogFailurePolicy {

    /**
     * Records it; until then nothing is granted.
     *
     * @param detail for people: what failed and where
     * @param recorded to be called once, in a later turn or in the call: NONE when it is durable; an error when it never will be
     */
    void recordFullResync(String detail, IntentWaiter recorded);
}
