/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.filter;

import java.util.ArrayDeque;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockRequest;
import org.netraid.time.EventLoop;

/**
 * Makes a device slow or lets it hang: each request waits before it reaches the device behind, and its completion can be
 * held back too (done on the disk, but nobody hears of it).
 */
public final class DelayDevice extends FilterDevice {

    private final ArrayDeque<Runnable> held = new ArrayDeque<>();
    private long delayNs;
    private boolean holdRequests;
    private boolean holdCompletions;

    public DelayDevice(BlockDevice inner, EventLoop loop) {
        super(inner, loop);
    }

    /** Later requests start this much later; 0 for no delay. */
    public void setDelayNs(long newDelayNs) {
        delayNs = newDelayNs;
    }

    /** From now on nothing reaches the device behind until {@link #release}. */
    public void holdRequests() {
        holdRequests = true;
    }

    /** From now on requests are done, but no completion comes back until {@link #release}. */
    public void holdCompletions() {
        holdCompletions = true;
    }

    /** Ends both kinds of hanging; what was held goes on in its order, each in a turn of its own. */
    public void release() {
        holdRequests = false;
        holdCompletions = false;
        while (!held.isEmpty()) {
            loop().execute(held.poll());
        }
    }

    /** Requests and completions held now. */
    public int heldCount() {
        return held.size();
    }

    @Override
    void accept(BlockRequest request) {
        Forwarded forwarded = new Forwarded(request);
        Runnable start = () -> start(forwarded);
        if (delayNs > 0) {
            loop().schedule(delayNs, start);
        } else {
            start.run();
        }
    }

    private void start(Forwarded forwarded) {
        if (holdRequests) {
            held.add(() -> start(forwarded));
        } else {
            forwarded.submit(() -> end(forwarded));
        }
    }

    private void end(Forwarded forwarded) {
        if (holdCompletions) {
            held.add(() -> end(forwarded));
        } else {
            forwarded.complete();
        }
    }

    /** Releases what is held: a device that is closed lets its requests end. */
    @Override
    public void close(Runnable closed) {
        super.close(closed);
        release();
    }
}
