/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.filter;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.time.EventLoop;

/** What the filters have in common: they look like the device behind them, and close after their own pending requests. */
abstract class FilterDevice implements BlockDevice {

    private final BlockDevice inner;
    private final EventLoop loop;
    private final Set<BlockCapability> capabilities;
    private Runnable closeInner;
    private int pending;

    FilterDevice(BlockDevice inner, EventLoop loop) {
        this.inner = inner;
        this.loop = loop;
        Set<BlockCapability> can = EnumSet.noneOf(BlockCapability.class);
        can.addAll(inner.capabilities());
        // a filter sees all bytes
        can.remove(BlockCapability.STORED);
        this.capabilities = Collections.unmodifiableSet(can);
    }

    final EventLoop loop() {
        return loop;
    }

    @Override
    public String name() {
        return inner.name();
    }

    @Override
    public BlockGeometry geometry() {
        return inner.geometry();
    }

    @Override
    public Set<BlockCapability> capabilities() {
        return capabilities;
    }

    @Override
    public void close(Runnable closed) {
        if (closeInner != null) {
            inner.close(closed);
            return;
        }
        closeInner = () -> inner.close(closed);
        if (pending == 0) {
            closeInner.run();
        }
    }

    /** The inner device closes only after the filter's own requests, so the filter refuses late ones itself. */
    @Override
    public final void submit(BlockRequest request) {
        if (closeInner == null) {
            accept(request);
        } else {
            request.markSubmitted();
            loop.execute(() -> request.complete(BlockError.ESHUTDOWN, name() + " is closed"));
        }
    }

    @Override
    public void hurry() {
        inner.hurry();
    }

    /** Takes a request of an open device: passes it, or owns it from here on. */
    abstract void accept(BlockRequest request);

    /** Hands the request through untouched. */
    final void pass(BlockRequest request) {
        inner.submit(request);
    }

    /** The filter owns a request that the inner device does not know. */
    final void began() {
        pending++;
    }

    final void ended() {
        pending--;
        if (pending == 0 && closeInner != null) {
            closeInner.run();
        }
    }

    /** A request of the user, and the twin that the inner device gets, so that the filter sees its end. */
    final class Forwarded {
        final BlockRequest outer;
        private final BlockRequest twin = new BlockRequest();

        /** Takes ownership of the request. */
        Forwarded(BlockRequest outer) {
            this.outer = outer;
            outer.markSubmitted();
            began();
        }

        /** @param ended runs when the inner device is done; calls {@link #complete} then or later */
        void submit(Runnable ended) {
            inner.submit(twin.same(outer, done -> ended.run()));
        }

        void complete() {
            try {
                outer.complete(twin.error(), twin.errorDetail());
            } finally {
                ended();
            }
        }

        BlockRequest twin() {
            return twin;
        }
    }
}
