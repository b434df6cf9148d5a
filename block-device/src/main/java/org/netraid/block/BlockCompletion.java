/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block;

/** Receives the end of one {@link BlockRequest}. */
@FunctionalInterface
public interface BlockCompletion {

    /**
     * The request has ended; read {@link BlockRequest#error()}. Called exactly once per submit, on the
     * device's event loop, never inside {@link BlockDevice#submit}. From here on request and buffer
     * belong to the submitter again and may be submitted anew.
     */
    void onComplete(BlockRequest request);
}
