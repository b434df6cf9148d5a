/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.block.BlockCommand;
import org.netraid.block.BlockRequest;
import org.netraid.intentlog.IntentLog;

/**
 * The one copy of each write's bytes: the application's own buffer where it stays as it is until the end, else memory of the mirror's, for
 * which requests wait in the order they came.
 */
final class WritePayloads {

    private final Mirror mirror;
    private final RequestWalk walk;
    private final PayloadPool payloads;

    WritePayloads(Mirror mirror, RequestWalk walk, PayloadPool payloads) {
        this.mirror = mirror;
        this.walk = walk;
        this.payloads = payloads;
    }

    /** The first step under the range lock; goes on by itself, or with {@link RequestEvent#BUFFERED}. */
    void take(MirrorRequest request) {
        request.state = MirrorRequest.State.BUFFERING;
        if (request.command != BlockCommand.WRITE) {
            walk.announceFirst(request);
            return;
        }
        // A target with a queue would keep the application's buffer, and the application with it, until it has the write.
        if ((request.upper.flags() & BlockRequest.STABLE_PAYLOAD) != 0 && mirror.legs.streamedMask() == 0) {
            request.payload = payloads.borrow(request.upper.data(), request);
            request.payloadStart = request.upper.data().position();
            request.lent = true;
            walk.announce(request);
            return;
        }
        Payload payload = payloads.hasWaiters() ? null : payloads.take((int) request.lengthBytes);
        if (payload == null) {
            payloads.await(request);
        } else {
            fill(request, payload);
            walk.announce(request);
        }
    }

    private static void fill(MirrorRequest request, Payload payload) {
        payload.bytes().put(0, request.upper.data(), request.upper.data().position(), (int) request.lengthBytes);
        request.payload = payload;
        request.payloadStart = 0;
    }

    /** Payload memory may be free again: first come, first served. */
    void onFreed() {
        for (MirrorRequest waiter = payloads.firstWaiter(); waiter != null; waiter = payloads.firstWaiter()) {
            Payload payload = payloads.take((int) waiter.lengthBytes);
            if (payload == null) {
                return;
            }
            payloads.removeFirstWaiter();
            if (waiter.state == MirrorRequest.State.READING) {
                walk.reads.fromTargets().readInto(waiter, payload);
                continue;
            }
            fill(waiter, payload);
            walk.onEvent(waiter, RequestEvent.BUFFERED, IntentLog.LOCAL);
        }
    }
}
