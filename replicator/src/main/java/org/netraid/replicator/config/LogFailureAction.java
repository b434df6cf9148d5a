/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

/** What a mirror does when its intent log cannot be written any more ({@code intent_log_failure}). */
public enum LogFailureAction {
    /** It stops writing: every target stays partly resyncable. */
    STOP,
    /** It goes on without the log, once it is durably recorded that every target needs a full resync. */
    DEGRADE
}
