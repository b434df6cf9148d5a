/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.block.BlockCommand;
import org.netraid.block.ExtentList;
import org.netraid.time.EventLoop;

/** Reads, and questions for holes: from the local disk; when that is given up or fails, from a target. They take no lock. */
final class ReadStep {

    private final Mirror mirror;
    private final RequestWalk walk;
    private final EventLoop loop;
    private final TargetReads targets;
    private int active;

    ReadStep(Mirror mirror, RequestWalk walk, EventLoop loop, PayloadPool payloads) {
        this.mirror = mirror;
        this.walk = walk;
        this.loop = loop;
        this.targets = new TargetReads(mirror, payloads, loop);
    }

    TargetReads fromTargets() {
        return targets;
    }

    /** Reads in work. */
    int active() {
        return active;
    }

    void start(MirrorRequest request) {
        request.state = MirrorRequest.State.READING;
        active++;
        boolean isRead = request.command == BlockCommand.READ;
        request.dataStart = isRead ? request.upper.data().position() : 0;
        if (!mirror.localDisk.isAttached()) {
            loop.execute(() -> readWithoutLocal(request));
        } else if (!isRead) {
            // the targets are not asked: an answer from this disk is true of them too, and costs no round trip
            mirror.localChannel.extents(request, request.offsetBytes, request.lengthBytes, request.upper.flags(), request.upper.extents());
        } else {
            mirror.localChannel.read(request, request.offsetBytes, request.upper.data(), null);
        }
    }

    private void readWithoutLocal(MirrorRequest request) {
        if (request.command == BlockCommand.READ) {
            targets.read(request, mirror.localDisk.noDisk());
        } else {
            // true of every copy, and the targets need not be asked
            request.upper.extents().add(request.lengthBytes, ExtentList.DATA);
            walk.endRead(request);
        }
    }

    /** A target may have the data; targets are not asked for holes. */
    void onLocalFailed(MirrorRequest request) {
        if (request.command == BlockCommand.READ && mirror.life.servesReads()) {
            targets.read(request, request.localErrorText);
        } else {
            request.fail(request.localError, request.localErrorText);
            walk.endRead(request);
        }
    }

    /** A read that the local disk or a target has served, or none could. */
    void ended() {
        active--;
    }
}
