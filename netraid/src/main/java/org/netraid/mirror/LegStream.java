/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.util.ArrayDeque;

/**
 * The writes one target has still to get, in order. Without help from the target, order is kept by waiting: the next epoch is sent only
 * when every write of the one before has been answered. A target that knows barriers gets one between epochs instead. {@link LegStreams}
 * owns every field.
 */
final class LegStream {

    /** Commands and bytes sent and not answered. */
    static final int WINDOW_COMMANDS = 256;
    static final long WINDOW_BYTES = 32L << 20;
    /** The same while a resync's last pass needs the link more. */
    static final int NARROW_COMMANDS = 8;
    static final long NARROW_BYTES = 256L << 10;

    /** Not sent yet. */
    final ArrayDeque<LaggingWrite> queue = new ArrayDeque<>();
    /** Epoch of what is in flight. */
    long sentEpoch;
    int inFlight;
    long inFlightBytes;
    /** Of these, commands that reach the target in several parts, so that a barrier could come between. */
    int partedInFlight;
    /** Bytes queued and in flight: the target's lag. */
    long lagBytes;
    /** What they cost in memory. */
    long memoryBytes;

    long ageCheckedNs;
    boolean tooOld;
    /** What a full queue leads to is on its way. */
    boolean dealing;

    boolean isEmpty() {
        return inFlight == 0 && queue.isEmpty();
    }

    boolean hasRoom(boolean narrow) {
        return inFlight < (narrow ? NARROW_COMMANDS : WINDOW_COMMANDS) && inFlightBytes < (narrow ? NARROW_BYTES : WINDOW_BYTES);
    }

    void clear() {
        queue.clear();
        inFlight = 0;
        inFlightBytes = 0;
        partedInFlight = 0;
        lagBytes = 0;
        memoryBytes = 0;
        tooOld = false;
    }
}
