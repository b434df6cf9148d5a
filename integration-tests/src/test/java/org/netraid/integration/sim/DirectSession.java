/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;

import org.netraid.block.BlockCapability;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockCompletion;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimRandom;
import org.netraid.sim.SimScheduler;

/**
 * A target's disk as the source reaches it without NBD: messages take time, arrive in order, stall in a partition, and what was
 * sent still lands when the session is dead. Faster than the real protocol, and fails in the same ways.
 */
final class DirectSession implements BlockDevice {

    private final SimScheduler scheduler;
    private final SimRandom random;
    private final TargetNode target;
    private final BlockDevice remote;
    private final SimLoop sourceLoop;
    private final SimLoop targetLoop;
    private final BiConsumer<DirectSession, String> lost;
    private final List<Call> calls = new ArrayList<>();
    private final ArrayDeque<Runnable> stalled = new ArrayDeque<>();
    private final String messageLabel;
    private final String replyLabel;
    private final List<Call> held = new ArrayList<>();
    private long lastArrivalNs;
    private int outstanding;
    private boolean dead;
    private boolean closing;
    /** Whoever closes it, and whoever gives it up because its requests end. */
    private final List<Runnable> whenClosed = new ArrayList<>();

    /** One request and its twin at the target. */
    private static final class Call {
        final BlockRequest request;
        final BlockRequest twin = new BlockRequest();
        final BlockCommand command;
        final long offset;
        final long length;
        final int flags;
        final int chunkBytes;
        final ByteBuffer payload;

        /** Keeps all it needs: after an abort the submitter may refill the request while the message is still under way. */
        Call(BlockRequest request) {
            this.request = request;
            command = request.command();
            offset = request.offsetBytes();
            length = request.lengthBytes();
            flags = request.flags();
            chunkBytes = request.chunkBytes();
            payload = command.hasData() ? ByteBuffer.allocate((int) length)
                    : command == BlockCommand.CHECKSUM ? ByteBuffer.allocate(request.data().remaining()) : null;
            if (command == BlockCommand.WRITE) {
                payload.put(request.data().duplicate()).flip();
            }
        }
    }

    /** @param lost told when the session dies other than by close, after its requests have ended */
    DirectSession(SimScheduler scheduler, SimRandom random, TargetNode target, SimLoop sourceLoop, BiConsumer<DirectSession, String> lost) {
        this.scheduler = scheduler;
        this.random = random;
        this.target = target;
        this.remote = target.device();
        this.sourceLoop = sourceLoop;
        this.targetLoop = target.loop();
        this.lost = lost;
        this.messageLabel = target.name + ".message";
        this.replyLabel = target.name + ".reply";
        target.add(this);
    }

    @Override
    public String name() {
        return "direct:" + target.name;
    }

    @Override
    public BlockGeometry geometry() {
        return remote.geometry();
    }

    @Override
    public Set<BlockCapability> capabilities() {
        return remote.capabilities();
    }

    @Override
    public void submit(BlockRequest request) {
        request.markSubmitted();
        if (dead || closing) {
            sourceLoop.execute(() -> request.complete(BlockError.ESHUTDOWN, name() + " is closed"));
            return;
        }
        Call call = new Call(request);
        calls.add(call);
        outstanding++;
        send(() -> arrive(call));
    }

    private void send(Runnable message) {
        lastArrivalNs = Math.max(lastArrivalNs, scheduler.nanoTime() + random.between(SimSettings.MIN_DELAY_NS, target.maxDelayNs));
        scheduler.after(lastArrivalNs - scheduler.nanoTime(), messageLabel, () -> deliver(message));
    }

    private void deliver(Runnable message) {
        if (target.isCutOff() || !stalled.isEmpty()) {
            stalled.add(message);
        } else {
            message.run();
        }
    }

    /** True while something of this session may still reach the target's disk. */
    boolean isBusy() {
        return outstanding > 0;
    }

    boolean isDead() {
        return dead;
    }

    /** Replies that were held back go on their way. */
    void releaseHeld() {
        List<Call> released = new ArrayList<>(held);
        held.clear();
        released.forEach(this::reply);
    }

    void resume() {
        while (!stalled.isEmpty() && !target.isCutOff()) {
            stalled.poll().run();
        }
    }

    private void arrive(Call call) {
        if (!targetLoop.isAlive()) {
            return;
        }
        BlockCompletion ended = done -> {
            outstanding--;
            reply(call);
        };
        if (call.command == BlockCommand.CHECKSUM) {
            call.twin.checksum(call.offset, call.length, call.chunkBytes, call.payload, ended);
        } else {
            call.twin.set(call.command, call.offset, call.length, call.flags, call.payload, ended);
        }
        remote.submit(call.twin);
    }

    private void reply(Call call) {
        if (target.heldReplies == call.command) {
            held.add(call);
            return;
        }
        scheduler.after(random.between(SimSettings.MIN_DELAY_NS, target.maxDelayNs), replyLabel,
                () -> deliver(() -> sourceLoop.execute(() -> replied(call))));
    }

    private void replied(Call call) {
        if (!calls.remove(call)) {
            return;
        }
        if ((call.command == BlockCommand.READ || call.command == BlockCommand.CHECKSUM) && !call.twin.error().isError()) {
            call.request.data().duplicate().put(call.payload.rewind());
        }
        call.request.complete(call.twin.error(), call.twin.errorDetail());
        checkClosed();
    }

    /** The session is dead for the source: what is open ends with EIO. */
    void fail(String reason) {
        if (dead) {
            return;
        }
        dead = true;
        sourceLoop.execute(() -> {
            endCalls(reason);
            if (!closing) {
                lost.accept(this, reason);
            }
            checkClosed();
        });
    }

    void sourceDied() {
        dead = true;
    }

    void targetDied(boolean told) {
        if (told) {
            fail(target.name + " died");
        }
    }

    private void endCalls(String reason) {
        for (Call call : new ArrayList<>(calls)) {
            calls.remove(call);
            call.request.complete(BlockError.EIO, name() + ": " + reason);
        }
    }

    @Override
    public void close(Runnable closed) {
        closing = true;
        whenClosed.add(closed);
        // as a client that aborts its connection: requests end with an error, what was sent may still land
        sourceLoop.execute(() -> {
            dead = true;
            endCalls("closed");
            checkClosed();
        });
    }

    private void checkClosed() {
        if (closing && calls.isEmpty()) {
            whenClosed.forEach(sourceLoop::execute);
            whenClosed.clear();
        }
    }
}
