/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.util.ArrayDeque;

/**
 * One flush at a time goes to a device. Of two at once only one may be told that something is lost (Linux reports it once), and the
 * success of the other could be heard first and be believed.
 */
final class FlushLine {

    private final CopyChannel channel;
    private final ArrayDeque<DeviceOp> waiting = new ArrayDeque<>();
    private boolean running;

    FlushLine(CopyChannel channel) {
        this.channel = channel;
    }

    /** @return false if the command waits for its turn */
    boolean begin(DeviceOp op) {
        if (running) {
            waiting.addLast(op);
            return false;
        }
        running = true;
        return true;
    }

    /** The device has answered a flush, and everybody concerned has heard of it. */
    void answered() {
        running = false;
        DeviceOp next = waiting.pollFirst();
        if (next != null) {
            channel.onProgress(next);
            next.submitNext();
        }
    }

    /** @return true if the command was waiting: the device has never seen it */
    boolean leave(DeviceOp op) {
        return waiting.remove(op);
    }
}
