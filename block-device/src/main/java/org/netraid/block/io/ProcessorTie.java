/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import java.util.Arrays;

/**
 * Keeps a worker on the processor on which the loop runs that feeds it. The bytes of a small write are in that processor's cache, and to
 * fetch them from another one costs more than the write; and where the two take turns on one processor, neither has to wake the other.
 *
 * <p>The loop says now and then where it is ({@link #loopIsHere}); the worker follows ({@link #follow}) and is as free as before when it
 * has done with the loop's work ({@link #release}). A system that forbids it is asked once.
 *
 * <p>{@link #loopIsHere} on the loop, the rest on the one worker that is tied.
 */
class ProcessorTie {

    private static final int NOWHERE = -1;

    private volatile int loopProcessor = NOWHERE;
    private volatile boolean impossible;
    /** The worker that is tied, else null. */
    private volatile Thread tied;
    private int tiedTo = NOWHERE;
    /** Where the worker may run when it is free. */
    private byte[] all;

    /** True while a worker is tied. */
    boolean isTied() {
        return tied != null;
    }

    /** True if it is the calling thread that is tied. */
    boolean isTiedHere() {
        return tied == Thread.currentThread();
    }

    void loopIsHere() {
        if (!impossible) {
            loopProcessor = currentProcessor();
        }
    }

    /** The calling thread goes where the loop is. */
    void follow() {
        int wanted = loopProcessor;
        if (wanted == tiedTo || wanted < 0 || impossible) {
            return;
        }
        if (tiedTo == NOWHERE) {
            all = allowed();
        }
        if (all == null || wanted / Byte.SIZE >= all.length) {
            impossible = true;
            return;
        }
        byte[] one = new byte[all.length];
        one[wanted / Byte.SIZE] = (byte) (1 << wanted % Byte.SIZE & all[wanted / Byte.SIZE]);
        if (isEmpty(one)) {
            release(); // the loop is where this thread may not be
        } else if (allow(one)) {
            tiedTo = wanted;
            tied = Thread.currentThread();
        } else {
            release();
            impossible = true;
        }
    }

    /** The calling thread may run anywhere again. */
    void release() {
        if (tiedTo != NOWHERE) {
            tiedTo = NOWHERE;
            tied = null;
            allow(all);
        }
    }

    private static boolean isEmpty(byte[] mask) {
        return Arrays.equals(mask, new byte[mask.length]);
    }

    /** @return its number, or -1 */
    int currentProcessor() {
        return LibC.calls().sched_getcpu();
    }

    /** The processors that the calling thread may run on, a bit each; null if that is not to be known. */
    byte[] allowed() {
        byte[] mask = new byte[LibC.CPU_SET_BYTES];
        return LibC.calls().sched_getaffinity(0, mask.length, mask) < 0 ? null : mask;
    }

    /** @return false if the system refuses it */
    boolean allow(byte[] mask) {
        return LibC.calls().sched_setaffinity(0, mask.length, mask) == 0;
    }
}
