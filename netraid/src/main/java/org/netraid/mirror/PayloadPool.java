/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * Bounded memory for payloads, in power-of-two sizes. When it is used up the write waits, in order of arrival.
 *
 * <p>Payloads that a lost target's device still holds are taken off the account: otherwise one hung target could stop the mirror for good.
 * They
 * stay bounded because a leg gets no new device while the old one still holds any.
 */
public final class PayloadPool {

    private static final int MIN_SHIFT = 12;
    private static final int CLASSES = 32 - MIN_SHIFT;

    private final long limitBytes;
    private final Payload[] free = new Payload[CLASSES];
    private final ArrayDeque<MirrorRequest> waiters = new ArrayDeque<>();
    private Payload freeBorrowed;
    private long usedBytes;
    private long freeBytes;

    /** @param limitBytes most memory in use and kept; one payload larger than that is still served alone */
    public PayloadPool(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    /** Memory of at least that length with one reference, or null when there is none now. */
    public Payload take(int lengthBytes) {
        int sizeClass = Math.max(0, 32 - Integer.numberOfLeadingZeros(Math.max(1, lengthBytes) - 1) - MIN_SHIFT);
        long size = 1L << sizeClass + MIN_SHIFT;
        if (usedBytes > 0 && usedBytes + size > limitBytes) {
            return null;
        }
        Payload payload = free[sizeClass];
        if (payload != null) {
            free[sizeClass] = payload.nextFree;
            payload.nextFree = null;
            freeBytes -= size;
        } else {
            dropFreeBeyond(limitBytes - usedBytes - size);
            payload = new Payload(this, ByteBuffer.allocateDirect((int) size), sizeClass);
        }
        usedBytes += size;
        payload.start();
        return payload;
    }

    /** The application's own buffer as a payload, where it has promised not to change it. */
    Payload borrow(ByteBuffer applicationBuffer, MirrorRequest lender) {
        Payload payload = freeBorrowed;
        if (payload == null) {
            payload = new Payload(this, null, -1);
        } else {
            freeBorrowed = payload.nextFree;
            payload.nextFree = null;
        }
        payload.borrow(applicationBuffer, lender);
        payload.start();
        return payload;
    }

    void await(MirrorRequest request) {
        waiters.addLast(request);
    }

    MirrorRequest firstWaiter() {
        return waiters.peekFirst();
    }

    void removeFirstWaiter() {
        waiters.removeFirst();
    }

    boolean hasWaiters() {
        return !waiters.isEmpty();
    }

    /** Takes a payload that a lost device still uses off the account. */
    void orphan(Payload payload) {
        if (payload.sizeClass >= 0 && !payload.orphaned) {
            payload.orphaned = true;
            usedBytes -= payload.lagging ? 0 : sizeOf(payload);
        }
    }

    /**
     * Takes a payload off the account that only waits for targets which lag behind: their queues have limits of their own.
     */
    void lag(Payload payload) {
        if (payload.sizeClass >= 0 && !payload.orphaned && !payload.lagging) {
            payload.lagging = true;
            usedBytes -= sizeOf(payload);
        }
    }

    void takeBack(Payload payload) {
        if (payload.sizeClass < 0) {
            MirrorRequest lender = payload.lender;
            payload.lender = null;
            payload.nextFree = freeBorrowed;
            freeBorrowed = payload;
            lender.onBufferReleased();
        } else if (!payload.orphaned) {
            if (!payload.lagging) {
                usedBytes -= sizeOf(payload);
            } else if (usedBytes + freeBytes + sizeOf(payload) > limitBytes) {
                return;
            }
            payload.nextFree = free[payload.sizeClass];
            free[payload.sizeClass] = payload;
            freeBytes += sizeOf(payload);
        }
    }

    public long usedBytes() {
        return usedBytes;
    }

    private static long sizeOf(Payload payload) {
        return 1L << payload.sizeClass + MIN_SHIFT;
    }

    private void dropFreeBeyond(long keepBytes) {
        for (int i = CLASSES - 1; i >= 0 && freeBytes > Math.max(0, keepBytes); i--) {
            while (free[i] != null && freeBytes > Math.max(0, keepBytes)) {
                freeBytes -= sizeOf(free[i]);
                free[i] = free[i].nextFree;
            }
        }
    }
}
