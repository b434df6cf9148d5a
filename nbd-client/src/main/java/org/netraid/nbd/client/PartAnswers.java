/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import org.netraid.block.BlockError;
import org.netraid.nbd.wire.NbdCommand;
import org.netraid.time.EventLoop;

/**
 * What the server's answers mean for the requests whose parts they are. A part is over when it is answered and the link has given back its
 * buffers, whichever comes last.
 */
final class PartAnswers implements ReplyReader.Sink {

    private final NbdClientDevice device;
    private final PendingReplies pending;
    private final EdgeBlocks edges;
    private final RequestAges ages;
    private final EventLoop loop;
    private final PartSender sender;

    PartAnswers(NbdClientDevice device, PendingReplies pending, EdgeBlocks edges, RequestAges ages, EventLoop loop, PartSender sender) {
        this.device = device;
        this.pending = pending;
        this.edges = edges;
        this.ages = ages;
        this.loop = loop;
        this.sender = sender;
    }

    @Override
    public PendingReply find(long cookie) {
        return pending.find(cookie);
    }

    @Override
    public void onReceived(PendingReply reply) {
        reply.owner.onPartReceived();
    }

    @Override
    public void onAnswered(PendingReply reply) {
        reply.answered = true;
        if (reply.isFinished()) {
            finish(reply);
        }
    }

    /** The link has given back one buffer. */
    void onReleased(PendingReply slot) {
        slot.buffersHeld--;
        if (slot.isFinished()) {
            finish(slot);
            device.pump();
            sender.flushLater();
        }
    }

    /** A part is answered and its buffers are ours again. */
    void finish(PendingReply slot) {
        ClientRequest request = slot.owner;
        EdgeBlock edge = slot.edge;
        boolean read = slot.command == NbdCommand.READ;
        BlockError error = slot.error;
        String detail = slot.detail;
        boolean receiptDue = slot.receiptDue;
        if (slot.packed != null) {
            sender.release(slot.packed);
        }
        if (slot.command == NbdCommand.BLOCK_STATUS && !error.isError()) {
            slot.status.complete();
        }
        pending.release(slot);
        request.partsInFlight--;
        ages.touch(request, loop.nanoTime());
        if (error.isError()) {
            failPart(request, edge, error, detail);
        } else if (edge != null) {
            finishEdge(request, edge, read);
        }
        if (receiptDue && !error.isError()) {
            request.onPartReceived();
        }
        if (request.isOver()) {
            device.complete(request);
        }
    }

    private void failPart(ClientRequest request, EdgeBlock edge, BlockError error, String detail) {
        if (edge != null) {
            edges.release(edge);
        }
        device.fail(request, error, device.life().isDead() ? detail
                : device.name() + ": " + RequestChecks.describe(request.request) + ": the server answered " + error
                + PeerText.suffix(detail));
        if (error == BlockError.ESHUTDOWN) {
            device.life().onServerShutdown();
        }
    }

    private void finishEdge(ClientRequest request, EdgeBlock edge, boolean read) {
        if (!read) {
            edges.release(edge);
        } else if (!request.command.modifies()) {
            edge.copyToReader();
            edges.release(edge);
        } else if (request.error().isError() || device.life().isDead()) {
            // another part has failed, or nothing can be sent any more: the block stays as it is
            device.fail(request, BlockError.EIO, device.lossText(request));
            edges.release(edge);
        } else {
            edge.modify();
            request.partsInFlight++;
            device.writeBack(edge);
        }
    }
}
