/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block;

/**
 * A bounded pool of requests. An empty pool is back-pressure: the caller stops reading its socket
 * until a request comes back. Single-threaded.
 */
public final class BlockRequestPool {

    private final int capacity;
    private BlockRequest free;
    private int created;
    private int inUse;

    /** @param capacity most requests ever handed out at one time */
    public BlockRequestPool(int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("pool capacity " + capacity + " is below 1");
        }
        this.capacity = capacity;
    }

    /** A request to fill, or null when all are in use. */
    public BlockRequest take() {
        BlockRequest request = free;
        if (request != null) {
            free = request.next;
            request.next = null;
        } else if (created < capacity) {
            request = new BlockRequest();
            created++;
        } else {
            return null;
        }
        inUse++;
        return request;
    }

    /** Gives back a completed request. */
    public void release(BlockRequest request) {
        if (request.isSubmitted()) {
            throw new IllegalStateException("request released while a device owns it: " + request);
        }
        if (inUse == 0) {
            throw new IllegalStateException("request released twice: " + request);
        }
        request.next = free;
        free = request;
        inUse--;
    }

    public int inUse() {
        return inUse;
    }
}
