/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

/** The requests in work, oldest first, and the pool they come from; links inside the requests, so that nothing is allocated. */
final class ActiveRequests {

    private final RequestWalk walk;
    private final String tag;
    private final int limit;
    private MirrorRequest free;
    private MirrorRequest first;
    private MirrorRequest last;
    private int created;
    private int count;
    private long taken;

    ActiveRequests(RequestWalk walk, String tag, int limit) {
        this.walk = walk;
        this.tag = tag;
        this.limit = limit;
    }

    boolean isFull() {
        return count >= limit;
    }

    int count() {
        return count;
    }

    /** The oldest; the others follow by {@link MirrorRequest#next}. Null if there is none. */
    MirrorRequest first() {
        return first;
    }

    /** The oldest in work that is younger than this number; null if there is none. */
    MirrorRequest after(long number) {
        MirrorRequest request = first;
        while (request != null && request.number <= number) {
            request = request.next;
        }
        return request;
    }

    /** Number of the newest request ever taken; they count from 1. */
    long newest() {
        return taken;
    }

    /** True if every request up to this number has ended. */
    boolean hasEnded(long number) {
        return first == null || first.number > number;
    }

    /** A request, already in the list as the newest. */
    MirrorRequest take() {
        MirrorRequest request = free;
        if (request != null) {
            free = request.next;
            request.next = null;
        } else if (created < limit) {
            created++;
            request = new MirrorRequest(walk);
        } else {
            throw new IllegalStateException("mirror " + tag + " has lost a request object");
        }
        request.number = ++taken;
        request.previous = last;
        if (last == null) {
            first = request;
        } else {
            last.next = request;
        }
        last = request;
        count++;
        return request;
    }

    /** Takes the request out of the list; {@link #giveBack} returns it to the pool. */
    void remove(MirrorRequest request) {
        if (request.previous == null) {
            first = request.next;
        } else {
            request.previous.next = request.next;
        }
        if (request.next == null) {
            last = request.previous;
        } else {
            request.next.previous = request.previous;
        }
        request.previous = null;
        request.next = null;
        count--;
    }

    void giveBack(MirrorRequest request) {
        request.upper = null;
        request.next = free;
        free = request;
    }
}
