/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

/** Everything that can happen to a {@link MirrorRequest}; each comes through {@link RequestWalk#onEvent}. */
enum RequestEvent {
    /** The range is the request's. */
    LOCKED,
    /** There is memory for its payload. */
    BUFFERED,
    /** The intent is on stable storage. */
    INTENT_DURABLE,
    /** The intent could not be written. */
    INTENT_FAILED,
    /** The local disk has ended its part. */
    LOCAL_DONE,
    /** The local disk has failed its part: the request has the error. */
    LOCAL_FAILED,
    /** It is durable that the local disk misses writes. */
    LOCAL_STALE_DURABLE,
    /** What was queued when the local disk was given up has ended. */
    QUEUE_PASSED,
    /** A target has read what the local disk could not. */
    TARGET_READ,
    /** A target could not, or is gone. */
    TARGET_NOT_READ,
    /** A target has the write in its memory (protocol B's point). */
    TARGET_RECEIVED,
    /** A target has answered that it has written (protocol C's point). */
    TARGET_WRITTEN,
    /** A target is gone. */
    TARGET_LOST,
    /** It is durable that a target is stale. */
    TARGET_STALE_DURABLE,
    /** The flush round that the request waited for has ended. */
    FLUSHED,
    /** No device uses the application's own buffer any more. */
    BUFFER_RELEASED
}
