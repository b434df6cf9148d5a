/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

/**
 * When a resync past which the application writes stops walking over the device again and has the application wait instead.
 *
 * <p>Passes go on while each leaves clearly less dirty than the one before, since every one of them makes the wait shorter. The next is the
 * last when it takes no longer than {@link #SHORT_SECONDS}, or when two in a row have not helped: then the application changes chunks as
 * fast as the link takes them, and only its waiting ends that. Pure.
 */
final class PassPlan {

    /** A wait that an application will hardly notice. */
    static final int SHORT_SECONDS = 1;
    private static final double SHRUNK = 0.8;
    private static final int IN_VAIN = 2;
    /** Whatever they do. */
    static final int MOST_PASSES = 20;

    private long startChunks;
    private int passes;
    private int inVain;

    /** A pass begins with so many chunks to send. */
    void started(long dirtyChunks) {
        startChunks = dirtyChunks;
        passes++;
    }

    /** A pass has ended and left so many dirty. @return true if the next one has to be the last */
    boolean isLast(long dirtyChunks, long chunksPerSecond) {
        inVain = dirtyChunks > startChunks * SHRUNK ? inVain + 1 : 0;
        return dirtyChunks <= chunksPerSecond * SHORT_SECONDS || inVain >= IN_VAIN || passes >= MOST_PASSES;
    }
}
