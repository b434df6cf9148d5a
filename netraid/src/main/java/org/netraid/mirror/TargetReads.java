/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.nio.ByteBuffer;
import org.netraid.block.BlockError;
import org.netraid.time.EventLoop;

/**
 * Reads of the application that the local disk cannot serve: from a target that is in sync, one after the other until one has answered.
 * Through memory of the mirror's own, because a target that is given up may write into it long after the application was answered.
 */
final class TargetReads {

    private final Mirror mirror;
    private final PayloadPool payloads;
    private final EventLoop loop;

    TargetReads(Mirror mirror, PayloadPool payloads, EventLoop loop) {
        this.mirror = mirror;
        this.payloads = payloads;
        this.loop = loop;
    }

    /** Begins with the next target not tried yet; ends the request with an error when there is none. */
    void read(MirrorRequest request, String whyNotLocal) {
        if (mirror.standIns.readableSlot(request.offsetBytes, request.lengthBytes, request.triedMask) < 0) {
            if (mirror.standIns.isLaggingCopy(request.offsetBytes, request.lengthBytes, request.triedMask)) {
                mirror.streams.whenPassed(() -> loop.execute(() -> read(request, whyNotLocal)));
                return;
            }
            request.fail(BlockError.EIO, whyNotLocal + "; no target that is in sync could be read either");
            mirror.walk.endRead(request);
            return;
        }
        Payload payload = payloads.hasWaiters() ? null : payloads.take((int) request.lengthBytes);
        if (payload == null) {
            payloads.await(request);
        } else {
            readInto(request, payload);
        }
    }

    /** There is memory now. */
    void readInto(MirrorRequest request, Payload payload) {
        int slot = mirror.standIns.readableSlot(request.offsetBytes, request.lengthBytes, request.triedMask);
        if (slot < 0) {
            payload.release();
            read(request, "the local disk cannot be read");
            return;
        }
        request.triedMask |= 1 << slot;
        request.payload = payload;
        payload.bytes().clear().limit((int) request.lengthBytes);
        mirror.legs.leg(slot).channel.read(request, request.offsetBytes, payload.bytes(), payload);
    }

    void onRead(MirrorRequest request) {
        Payload payload = request.payload;
        request.payload = null;
        // the local disk may have got some way before it failed, and has moved the buffer's position then
        int length = (int) request.lengthBytes;
        ByteBuffer into = request.upper.data().clear().limit(request.dataStart + length).position(request.dataStart);
        into.put(request.dataStart, payload.bytes().clear(), 0, length);
        payload.release();
        mirror.walk.endRead(request);
    }

    /** The target is lost, or could not read. */
    void onLost(MirrorRequest request, String why) {
        Payload payload = request.payload;
        request.payload = null;
        payload.release();
        read(request, why);
    }
}
