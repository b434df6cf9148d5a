/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.soak;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockRequest;
import org.netraid.block.ExtentList;
import org.netraid.nbd.client.NbdClientDevice;
import org.netraid.nbd.client.NbdConnectionListener;
import org.netraid.nbd.client.NbdConnector;
import org.netraid.nbd.client.NbdTarget;
import org.netraid.time.EventLoop;

/**
 * One client: keeps a number of mixed requests in flight, checks what it reads, is cut at random in the middle of them and comes back.
 * On the loop.
 */
final class SoakConnection implements NbdConnectionListener {

    private static final int MAX_BLOCKS = 16;
    private static final int TRIES = 16;

    /** Counts, and hears of what must not happen. */
    interface Judge {
        /** @return false if no further request is wanted */
        boolean wantsMore();

        void onDone(boolean write, long latencyNs);

        /** How long to wait before the next request. */
        long pauseNs(long nowNs);

        void onKilled();

        void onWrong(String what);

        void onIdle(SoakConnection connection);
    }

    private final EventLoop loop;
    private final NbdConnector connector;
    private final NbdTarget target;
    private final SoakModel model;
    private final SplittableRandom random;
    private final Judge judge;
    private final Slot[] slots;
    private final int killEvery;
    private NbdClientDevice device;
    private boolean ending;
    private boolean finished;
    private int inFlight;
    private int untilKill;

    /** @param killEvery requests between two cuts, on average; 0 for none */
    SoakConnection(EventLoop loop, NbdConnector connector, NbdTarget target, SoakModel model, long seed, int depth, int killEvery,
            Judge judge) {
        this.loop = loop;
        this.connector = connector;
        this.target = target;
        this.model = model;
        this.random = new SplittableRandom(seed);
        this.judge = judge;
        this.killEvery = killEvery;
        slots = new Slot[depth];
        for (int i = 0; i < depth; i++) {
            slots[i] = new Slot();
        }
    }

    void connect() {
        connector.connect(target, this);
    }

    @Override
    public void onConnected(NbdClientDevice connected) {
        device = connected;
        ending = false;
        untilKill = killEvery == 0 ? Integer.MAX_VALUE : 1 + random.nextInt(2 * killEvery);
        for (Slot slot : slots) {
            slot.next();
        }
        endIfIdle();
    }

    @Override
    public void onConnectFailed(String reason) {
        judge.onWrong("cannot connect again: " + reason);
        judge.onIdle(this);
    }

    @Override
    public void onDisconnected(String reason) {
        device = null;
        if (inFlight != 0) {
            judge.onWrong(inFlight + " requests were not completed when the connection ended");
        }
        if (!ending) {
            judge.onWrong("the server hung up: " + reason);
        }
        if (finished) {
            judge.onIdle(this);
        } else {
            connect();
        }
    }

    /** Cut as by a crash, now and then closed in order. */
    private void kill() {
        ending = true;
        judge.onKilled();
        if (random.nextInt(20) == 0) {
            device.close(() -> { });
        } else {
            device.abort("killed by the soak test", () -> { });
        }
    }

    private void endIfIdle() {
        if (inFlight == 0 && !ending && !judge.wantsMore()) {
            ending = true;
            finished = true;
            device.close(() -> { });
        }
    }

    /** One request at a time, with a buffer of its own. */
    private final class Slot {
        private final BlockRequest request = new BlockRequest();
        private final ByteBuffer bytes = ByteBuffer.allocateDirect(MAX_BLOCKS * SoakModel.BLOCK_BYTES);
        private final ExtentList extents = new ExtentList(512);
        private int first;
        private int count;
        private int newVersion;
        private boolean waiting;
        private boolean pausing;
        private long startNs;

        void next() {
            if (pausing) {
                return;
            }
            long pauseNs = ending || !judge.wantsMore() ? 0 : judge.pauseNs(loop.nanoTime());
            if (pauseNs > 0) {
                pausing = true;
                loop.schedule(pauseNs, this::afterPause);
            } else {
                begin();
            }
        }

        private void afterPause() {
            pausing = false;
            if (device != null && !waiting) {
                begin();
            }
        }

        private void begin() {
            if (ending || !judge.wantsMore()) {
                endIfIdle();
                return;
            }
            int dice = random.nextInt(100);
            if (dice < 2 || !choose(dice >= 48 && dice < 94)) {
                count = 0;
                start(request.flush(this::done));
                return;
            }
            long offset = (long) first * SoakModel.BLOCK_BYTES;
            int length = count * SoakModel.BLOCK_BYTES;
            int fua = random.nextInt(50) == 0 ? BlockRequest.FUA : 0;
            if (dice < 48) {
                start(request.read(offset, bytes.clear().limit(length), this::done));
            } else if (dice < 86) {
                newVersion = model.newVersion();
                bytes.clear();
                for (int i = 0; i < count; i++) {
                    SoakModel.fill(bytes, i * SoakModel.BLOCK_BYTES, first + i, newVersion);
                }
                start(request.write(offset, bytes.clear().limit(length), fua | BlockRequest.STABLE_PAYLOAD, this::done));
            } else if (dice < 90) {
                newVersion = 0;
                start(request.writeZeroes(offset, length, random.nextBoolean() ? BlockRequest.NO_HOLE : fua, this::done));
            } else if (dice < 94) {
                newVersion = 0;
                start(request.trim(offset, length, fua, this::done));
            } else if (device.can(BlockCapability.EXTENTS)) {
                start(request.extents(offset, length, 0, extents, this::done));
            } else {
                start(request.read(offset, bytes.clear().limit(length), this::done));
            }
        }

        private boolean choose(boolean modify) {
            for (int i = 0; i < TRIES; i++) {
                count = random.nextInt(8) == 0 ? 1 + random.nextInt(MAX_BLOCKS) : 1;
                first = random.nextInt(model.blocks() - count + 1);
                if (model.take(first, count, modify)) {
                    return true;
                }
            }
            return false;
        }

        private void start(BlockRequest prepared) {
            waiting = true;
            startNs = loop.nanoTime();
            inFlight++;
            device.submit(prepared);
            if (--untilKill == 0) {
                kill();
            }
        }

        private void done(BlockRequest ended) {
            if (!waiting) {
                judge.onWrong("completed twice: " + ended);
                return;
            }
            waiting = false;
            inFlight--;
            if (ended.error().isError()) {
                failed(ended);
            } else {
                succeeded(ended);
                judge.onDone(ended.command() == BlockCommand.WRITE, loop.nanoTime() - startNs);
            }
            next();
        }

        private void failed(BlockRequest ended) {
            if (!ending) {
                judge.onWrong(ended.errorDetail());
            }
            if (ended.command().modifies()) {
                model.inDoubt(first, count, newVersion, loop.nanoTime());
            } else {
                model.release(first, count);
            }
        }

        private void succeeded(BlockRequest ended) {
            switch (ended.command()) {
                case WRITE, WRITE_ZEROES, TRIM -> model.modified(first, count, newVersion);
                case READ -> {
                    for (int i = 0; i < count; i++) {
                        String wrong = model.check(bytes, i * SoakModel.BLOCK_BYTES, first + i, loop.nanoTime());
                        if (wrong != null) {
                            judge.onWrong(wrong);
                        }
                    }
                    model.release(first, count);
                }
                case EXTENTS -> {
                    checkExtents();
                    model.release(first, count);
                }
                default -> model.release(first, count);
            }
        }

        private void checkExtents() {
            long at = 0;
            for (int i = 0; i < extents.count(); i++) {
                long end = at + extents.lengthBytes(i);
                for (int block = 0; block < count && (extents.status(i) & ExtentList.ZERO) != 0; block++) {
                    long blockAt = (long) block * SoakModel.BLOCK_BYTES;
                    if (blockAt >= at && blockAt + SoakModel.BLOCK_BYTES <= end && model.isData(first + block)) {
                        judge.onWrong("block " + (first + block) + " holds data, but the server calls it zero");
                    }
                }
                at = end;
            }
        }
    }
}
