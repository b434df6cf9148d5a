/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.benchmarks.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.netraid.block.BlockDevice;
import org.netraid.block.io.DiskWorkers;
import org.netraid.block.io.FileBlockDevice;
import org.netraid.block.io.FileDeviceOptions;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.DiskIntentLog;
import org.netraid.intentlog.IntentLogConfig;
import org.netraid.intentlog.SlotState;
import org.netraid.link.io.NettyLinkOptions;
import org.netraid.link.io.NettyRuntime;
import org.netraid.mirror.LegConfig;
import org.netraid.mirror.Mirror;
import org.netraid.mirror.MirrorConfig;
import org.netraid.mirror.MirrorListener;
import org.netraid.mirror.MirrorState;
import org.netraid.mirror.TargetCopy;
import org.netraid.nbd.client.NbdClientConfig;
import org.netraid.nbd.client.NbdClientDevice;
import org.netraid.nbd.client.NbdConnectionListener;
import org.netraid.nbd.client.NbdConnector;
import org.netraid.nbd.wire.Extension;
import org.netraid.resync.ResyncConfig;
import org.netraid.resync.ResyncManager;
import org.netraid.resync.TargetMarker;
import org.netraid.time.EventLoop;

/** A source in this process: disk, intent log, mirror, resyncs, on one loop, as in the daemon. Called from another thread. */
final class BenchSource implements AutoCloseable, TargetMarker, MirrorListener {

    private static final long ZERO_BYTES = 1 << 20;

    final NettyRuntime runtime;
    final EventLoop loop;
    private final DiskWorkers workers = new DiskWorkers("disk", 4);
    private final NbdConnector connector;
    private final Path logFile;
    private BlockDevice logDevice;
    private DiskIntentLog log;
    Mirror mirror;
    ResyncManager resyncs;
    private CompletableFuture<Void>[] inSync;
    private volatile long firstBytesNs;

    BenchSource(Path folder) {
        logFile = folder.resolve("source.intent");
        runtime = new NettyRuntime("bench-loop", 1, error -> {
            error.printStackTrace();
            System.exit(1);
        });
        loop = runtime.loop(0);
        connector = new NbdConnector(runtime.links(0, NettyLinkOptions.DEFAULT), loop,
                NbdClientConfig.defaults().withExtensions(Set.of(Extension.CHECKSUM)));
    }

    /** A new life of the mirror. @param equal the targets are known to be equal */
    void start(Path disk, long sizeBytes, int targets, boolean equal) throws Exception {
        IntentLogConfig config = IntentLogConfig.of(new UUID(1, 2), "bench", sizeBytes);
        makeZeros(config.layout().sizeBytes());
        BlockDevice local = FileBlockDevice.open(disk, FileDeviceOptions.DEFAULT, loop, workers);
        logDevice = FileBlockDevice.open(logFile, FileDeviceOptions.DEFAULT, loop, workers);
        CompletableFuture<DiskIntentLog> opened = new CompletableFuture<>();
        loop.execute(() -> DiskIntentLog.create(logDevice, config, loop, FaultPoints.NONE, (made, error) -> opened.complete(made)));
        log = opened.get(1, TimeUnit.MINUTES);
        for (int slot = 0; slot < targets && equal; slot++) {
            CompletableFuture<Void> set = new CompletableFuture<>();
            int which = slot;
            loop.execute(() -> log.setSlot(which, "t" + which, SlotState.TRACKING, error -> set.complete(null)));
            set.get(1, TimeUnit.MINUTES);
        }
        call(() -> {
            mirror = new Mirror(MirrorConfig.of("bench", "source"), local, log, loop, FaultPoints.NONE);
            mirror.addListener(this);
            resyncs = new ResyncManager(mirror, log, this, ResyncConfig.DEFAULT, loop, FaultPoints.NONE);
            for (int slot = 0; slot < targets; slot++) {
                mirror.addLeg(new LegConfig(slot, "t" + slot, "system" + slot));
            }
            return null;
        });
    }

    /** Connects the targets and waits until all are in sync. @return seconds */
    double syncAll(BenchTarget... targets) throws Exception {
        long startNs = System.nanoTime();
        connectAll(targets);
        awaitInSync();
        return (System.nanoTime() - startNs) / 1e9;
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    void expectSync(int targets) {
        inSync = new CompletableFuture[targets];
        for (int slot = 0; slot < targets; slot++) {
            inSync[slot] = new CompletableFuture<>();
        }
        firstBytesNs = 0;
    }

    void connectAll(BenchTarget... targets) {
        expectSync(targets.length);
        for (int slot = 0; slot < targets.length; slot++) {
            connect(slot, targets[slot]);
        }
    }

    private void connect(int slot, BenchTarget target) {
        loop.execute(() -> connector.connect(target.address(), new NbdConnectionListener() {
            @Override
            public void onConnected(NbdClientDevice device) {
                mirror.connectLeg(slot, device, TargetCopy.foreign(true))
                        .ifPresent(refusal -> inSync[slot].completeExceptionally(new IOException(refusal)));
            }

            @Override
            public void onConnectFailed(String reason) {
                inSync[slot].completeExceptionally(new IOException(reason));
            }

            @Override
            public void onDisconnected(String reason) {
                mirror.legLost(slot, reason);
            }
        }));
    }

    void awaitInSync() throws Exception {
        for (CompletableFuture<Void> one : inSync) {
            one.get(1, TimeUnit.HOURS);
        }
    }

    boolean isInSync() {
        for (CompletableFuture<Void> one : inSync) {
            if (!one.isDone()) {
                return false;
            }
        }
        return true;
    }

    /** A device of its own on a target, beside the mirror. */
    NbdClientDevice dial(BenchTarget target) throws Exception {
        CompletableFuture<NbdClientDevice> device = new CompletableFuture<>();
        loop.execute(() -> connector.connect(target.address(), new NbdConnectionListener() {
            @Override
            public void onConnected(NbdClientDevice connected) {
                device.complete(connected);
            }

            @Override
            public void onConnectFailed(String reason) {
                device.completeExceptionally(new IOException(reason));
            }

            @Override
            public void onDisconnected(String reason) {
            }
        }));
        return device.get(1, TimeUnit.MINUTES);
    }

    /** Runs on the loop. */
    <T> T call(Callable<T> task) throws Exception {
        CompletableFuture<T> result = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                result.complete(task.call());
            } catch (Exception e) {
                result.completeExceptionally(e);
            }
        });
        return result.get(10, TimeUnit.MINUTES);
    }

    /** When the first chunk was written to a target since the last connect. */
    long firstBytesNs() {
        return firstBytesNs;
    }

    /** Ends the mirror's life. */
    void stop() throws Exception {
        CompletableFuture<Void> closed = new CompletableFuture<>();
        loop.execute(() -> mirror.close(() -> logDevice.close(() -> closed.complete(null))));
        closed.get(2, TimeUnit.MINUTES);
        Files.deleteIfExists(logFile);
    }

    private void makeZeros(long bytes) throws IOException {
        ByteBuffer zeros = ByteBuffer.allocateDirect((int) ZERO_BYTES);
        try (FileChannel channel = FileChannel.open(logFile, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
            for (long at = 0; at < bytes;) {
                at += channel.write(zeros.clear().limit((int) Math.min(ZERO_BYTES, bytes - at)), at);
            }
        }
    }

    @Override
    public void markInconsistent(int slot, Done done) {
        done.onMarked("");
    }

    @Override
    public void markInSync(int slot, Done done) {
        done.onMarked("");
    }

    @Override
    public void resyncProgress(int slot, long chunksDone, long chunksTotal) {
        if (firstBytesNs == 0 && chunksDone > 0) {
            firstBytesNs = System.nanoTime();
        }
    }

    @Override
    public void legInSync(int slot) {
        inSync[slot].complete(null);
    }

    @Override
    public void legLost(int slot, String reason) {
        if (mirror.state() == MirrorState.CLOSED) {
            return;
        }
        System.err.println("target " + slot + " is lost: " + reason);
    }

    @Override
    public void close() throws IOException {
        workers.close();
        runtime.close();
        Files.deleteIfExists(logFile);
    }
}
