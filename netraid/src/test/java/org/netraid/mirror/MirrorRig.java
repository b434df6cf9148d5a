/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.DiskIntentLog;
import org.netraid.intentlog.IntentLogConfig;
import org.netraid.intentlog.SlotState;
import org.netraid.sim.CrashMode;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimDiskOptions;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimScheduler;

/** A mirror on simulated disks: the source's disk, its intent log and some targets. */
public final class MirrorRig {

    public static final long MIB = 1 << 20;
    public static final long STEPS = 5_000_000;
    static final UUID MIRROR_ID = new UUID(1, 2);

    /** What the mirror has told its listeners, in order. */
    public final List<String> events = new ArrayList<>();
    public final SimScheduler scheduler;
    public final SimDisk localDisk;
    public final SimDisk logDisk;
    public final List<SimDisk> targets = new ArrayList<>();
    public final long sizeBytes;
    public SimLoop loop;
    public DiskIntentLog log;
    public Mirror mirror;
    public FaultPoints faults = FaultPoints.NONE;
    public MirrorConfig config = MirrorConfig.of("r0", "source-system").withMinBlockBytes(1);
    public int alSlots = 64;
    public long timeoutNs = LegConfig.DEFAULT_TIMEOUT_NS;
    /** Protocol of each target, by slot; C beyond the end. */
    public String protocols = "";
    public QueueLimit queueLimit = QueueLimit.DEFAULT;
    private int lives;

    public MirrorRig(long seed, long sizeBytes, int targetCount) {
        this(seed, sizeBytes, targetCount, options -> options);
    }

    public MirrorRig(long seed, long sizeBytes, int targetCount, UnaryOperator<SimDiskOptions> targetOptions) {
        this(seed, sizeBytes, targetCount, targetOptions, options -> options);
    }

    public MirrorRig(long seed, long sizeBytes, int targetCount, UnaryOperator<SimDiskOptions> targetOptions,
            UnaryOperator<SimDiskOptions> localOptions) {
        this.sizeBytes = sizeBytes;
        scheduler = new SimScheduler(seed);
        localDisk = new SimDisk(scheduler, "local", localOptions.apply(SimDiskOptions.ofSize(sizeBytes)));
        logDisk = new SimDisk(scheduler, "log", SimDiskOptions.ofSize(16 * MIB));
        for (int i = 0; i < targetCount; i++) {
            targets.add(new SimDisk(scheduler, "t" + i, targetOptions.apply(SimDiskOptions.ofSize(sizeBytes))));
        }
    }

    /** First life: a new log, targets known to be equal, connected and in sync. */
    public MirrorRig startEqual() {
        boot(true);
        for (int slot = 0; slot < targets.size(); slot++) {
            log.setSlot(slot, "node" + slot, SlotState.TRACKING, error -> assertThat(error).isEqualTo(BlockError.NONE));
        }
        run();
        makeMirror();
        for (int slot = 0; slot < targets.size(); slot++) {
            addLeg(slot);
            connect(slot);
        }
        run();
        return this;
    }

    /** Starts a life of the source: its loop and its log; the mirror comes with {@link #makeMirror}. */
    public void boot(boolean createLog) {
        loop = scheduler.loop("source" + lives++);
        IntentLogConfig logConfig = IntentLogConfig.of(MIRROR_ID, "source", sizeBytes).withAlSlots(alSlots);
        log = null;
        DiskIntentLog.Opened opened = (found, error) -> {
            assertThat(error).isEmpty();
            log = found;
        };
        if (createLog) {
            DiskIntentLog.create(logDisk.attach(loop), logConfig, loop, FaultPoints.NONE, opened);
        } else {
            DiskIntentLog.open(logDisk.attach(loop), logConfig, loop, FaultPoints.NONE, opened);
        }
        assertThat(scheduler.runUntil(() -> log != null, STEPS)).isTrue();
    }

    public void makeMirror() {
        mirror = new Mirror(config, localDisk.attach(loop), log, loop, faults);
        mirror.addListener(new MirrorListener() {
            @Override
            public void legConnected(int slot, boolean needsResync) {
                events.add("connected " + slot + (needsResync ? " dirty" : " clean"));
            }

            @Override
            public void legInSync(int slot) {
                events.add("in sync " + slot);
            }

            @Override
            public void legLost(int slot, String reason) {
                events.add("lost " + slot);
            }

            @Override
            public void legPaused(int slot) {
                events.add("paused " + slot);
            }

            @Override
            public void legPulledAhead(int slot, String why) {
                events.add("ahead " + slot);
            }

            @Override
            public void mirrorFailed(String text) {
                events.add("failed");
            }
        });
    }

    public void addLeg(int slot) {
        ReplicationProtocol protocol = slot < protocols.length() ? ReplicationProtocol.valueOf(protocols.substring(slot, slot + 1))
                : ReplicationProtocol.C;
        assertThat(mirror.addLeg(new LegConfig(slot, "node" + slot, "system" + slot, protocol, timeoutNs, queueLimit))).isEmpty();
    }

    public Optional<String> connect(int slot) {
        return mirror.connectLeg(slot, targets.get(slot).attach(loop), TargetCopy.foreign(true));
    }

    /** The source dies with power loss or by a kill; its memory is gone. */
    public void crashSource(CrashMode mode) {
        loop.kill();
        localDisk.crash(mode);
        logDisk.crash(mode);
        for (SimDisk target : targets) {
            target.crash(CrashMode.PROCESS_KILL); // its connection dies, the node does not
        }
    }

    public void run() {
        scheduler.runUntilIdle(STEPS);
    }

    public Io write(long offset, int length, int value) {
        return write(mirror, offset, length, value, 0);
    }

    public Io write(BlockDevice device, long offset, int length, int value, int flags) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return write(device, offset, bytes, flags);
    }

    public Io write(BlockDevice device, long offset, byte[] bytes, int flags) {
        Io io = new Io();
        io.data = ByteBuffer.wrap(bytes);
        io.request.write(offset, io.data, flags, io::ended);
        device.submit(io.request);
        return io;
    }

    public Io read(long offset, int length) {
        Io io = new Io();
        io.data = ByteBuffer.allocate(length);
        io.request.read(offset, io.data, io::ended);
        mirror.submit(io.request);
        return io;
    }

    public Io flush() {
        Io io = new Io();
        mirror.submit(io.request.flush(io::ended));
        return io;
    }

    public Io zero(BlockCommand command, long offset, long length, int flags) {
        Io io = new Io();
        mirror.submit(io.request.set(command, offset, length, flags, null, io::ended));
        return io;
    }

    /** Runs until the request has ended. */
    public Io finish(Io io) {
        assertThat(scheduler.runUntil(() -> io.done, STEPS)).as("%s ends", io.request).isTrue();
        return io;
    }

    public void assertEqualCopies() {
        for (SimDisk target : targets) {
            assertThat(localDisk.equalContent(target, 0, sizeBytes)).as("%s equals the local disk", target).isTrue();
        }
    }

    public void assertEqualDurable() {
        for (SimDisk target : targets) {
            assertThat(localDisk.equalDurable(target, 0, sizeBytes)).as("%s durably equals the local disk", target).isTrue();
        }
    }

    /** One request of the application. */
    public final class Io {
        public final BlockRequest request = new BlockRequest();
        public ByteBuffer data;
        public boolean done;
        public long doneNs;
        public BlockError error;
        public String detail;

        private void ended(BlockRequest ended) {
            done = true;
            doneNs = scheduler.nanoTime();
            error = ended.error();
            detail = ended.errorDetail();
        }

        public boolean isOk() {
            return done && error == BlockError.NONE;
        }
    }
}
