/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.util.ArrayDeque;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.time.EventLoop;

/** Hop 2 of a write: which requests may begin, which wait in the bounded queue, and which are refused, with the words why. */
final class Admission {

    private final Mirror mirror;
    private final MirrorConfig config;
    private final BlockGeometry geometry;
    private final EventLoop loop;
    private final ArrayDeque<BlockRequest> queue = new ArrayDeque<>();

    Admission(Mirror mirror, MirrorConfig config, BlockGeometry geometry, EventLoop loop) {
        this.mirror = mirror;
        this.config = config;
        this.geometry = geometry;
        this.loop = loop;
    }

    /** Requests waiting for their turn. */
    int queued() {
        return queue.size();
    }

    void submit(BlockRequest request) {
        request.markSubmitted();
        BlockError refusal = check(request);
        if (refusal.isError() || isEmpty(request)) {
            String detail = refusal.isError() ? refusalText(request, refusal) : "";
            loop.execute(() -> request.complete(refusal, detail));
        } else if (mayStart(request)) {
            mirror.walk.start(request);
        } else if (queue.size() < config.maxQueuedRequests()) {
            queue.addLast(request);
        } else {
            loop.execute(() -> request.complete(BlockError.ENOMEM,
                    "mirror " + config.tag() + " has " + config.maxQueuedRequests() + " requests waiting already"));
        }
    }

    private BlockError check(BlockRequest request) {
        BlockCommand command = request.command();
        if (mirror.life.state() == MirrorState.CLOSED) {
            return BlockError.ESHUTDOWN;
        }
        if (command != BlockCommand.FLUSH) {
            BlockError bad = geometry.check(command, request.offsetBytes(), request.lengthBytes());
            if (bad.isError()) {
                return bad;
            }
            if (command == BlockCommand.CHECKSUM) {
                // of no use here: whoever compares copies asks them one by one
                return BlockError.EINVAL;
            }
            if ((request.flags() & BlockRequest.FAST_ZERO) != 0) {
                return BlockError.ENOTSUP;
            }
        }
        if (!mirror.life.servesReads()) {
            return BlockError.EIO;
        }
        return !onlyReads(command) && !mirror.life.refusal().isEmpty() ? BlockError.EIO : BlockError.NONE;
    }

    private String refusalText(BlockRequest request, BlockError refusal) {
        return switch (refusal) {
            case ESHUTDOWN -> "mirror " + config.tag() + " is closed";
            case EIO -> mirror.life.refusal();
            case ENOTSUP -> "mirror " + config.tag() + " does not promise fast zeroing";
            default -> request.command() + " of " + request.lengthBytes() + " bytes at offset " + request.offsetBytes()
                    + " does not fit mirror "
                    + config.tag() + " of " + geometry.sizeBytes() + " bytes in blocks of " + geometry.minBlockBytes()
                    + ", longest transfer " + geometry.maxTransferBytes();
        };
    }

    private static boolean onlyReads(BlockCommand command) {
        return command == BlockCommand.READ || command == BlockCommand.EXTENTS;
    }

    private static boolean isEmpty(BlockRequest request) {
        return request.command() != BlockCommand.FLUSH && request.lengthBytes() == 0;
    }

    private boolean mayStart(BlockRequest request) {
        if (mirror.walk.isFull()) {
            return false;
        }
        if (mirror.life.isHolding()) {
            return onlyReads(request.command());
        }
        return queue.isEmpty();
    }

    /** Begins what has waited, as far as there is room. */
    void admit() {
        while (!queue.isEmpty() && !mirror.walk.isFull() && !mirror.life.isHolding()) {
            BlockRequest request = queue.removeFirst();
            BlockError refusal = check(request);
            if (refusal.isError()) {
                request.complete(refusal, refusalText(request, refusal));
            } else {
                mirror.walk.start(request);
            }
        }
    }
}
