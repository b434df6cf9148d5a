/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.block.filter.FaultDevice;
import org.netraid.block.filter.FaultRule;
import org.netraid.block.io.DiskWorkers;
import org.netraid.block.io.FileBlockDevice;
import org.netraid.block.io.FileDeviceOptions;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.DiskIntentLog;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.IntentLogConfig;
import org.netraid.intentlog.SlotState;
import org.netraid.time.EventLoop;

/** Resizing and re-graining ends with the old log or the new one, wherever it is cut. */
class LogReplacementTest {

    private static final long OLD_BYTES = 64L << 20;
    private static final long NEW_BYTES = (96L << 20) + 512;
    private static final int NEW_CHUNK = 16 << 10;
    private static final IntentLogConfig CONFIG = IntentLogConfig.of(new UUID(1, 2), "alpha", OLD_BYTES);

    @TempDir
    private Path folder;
    private Path log;
    private byte[] before;

    /** The end of the process. */
    private static final class Killed extends Error {
        private static final long serialVersionUID = 1L;
    }

    /** Ends the process before its n-th step. */
    private static final class Countdown implements LogReplacement.Steps {
        private int left;
        private String at = "";

        Countdown(int left) {
            this.left = left;
        }

        @Override
        public void before(String step) {
            if (left-- == 0) {
                at = step;
                throw new Killed();
            }
        }

        @Override
        public BlockDevice over(BlockDevice device, EventLoop loop) {
            return new BlockDevice() {
                @Override
                public void submit(BlockRequest request) {
                    before(request.command().toString());
                    device.submit(request);
                }

                @Override
                public String name() {
                    return device.name();
                }

                @Override
                public BlockGeometry geometry() {
                    return device.geometry();
                }

                @Override
                public Set<BlockCapability> capabilities() {
                    return device.capabilities();
                }

                @Override
                public void close(Runnable closed) {
                    device.close(closed);
                }
            };
        }
    }

    @BeforeEach
    void makeLog() throws Exception {
        log = folder.resolve("a.intent");
        ToolLoop loop = new ToolLoop();
        try (DiskWorkers workers = new DiskWorkers("test", 1)) {
            BlockDevice device = FileBlockDevice.open(log, FileDeviceOptions.DEFAULT.withCreateBytes(CONFIG.layout().sizeBytes()),
                    loop, workers);
            DiskIntentLog.create(device, CONFIG, loop, FaultPoints.NONE, (made, error) -> {
                made.setSlot(0, "beta", SlotState.STALE, e -> { });
                made.setSlot(3, "gamma", SlotState.TRACKING, e -> { });
                made.markDirty(1, 10, 5, e -> { });
                made.close(e -> device.close(() -> before = new byte[0]));
            });
            loop.runUntil(() -> before != null);
        }
        before = Files.readAllBytes(log);
    }

    private static DiskIntentLog open(Path path) throws ToolFailure {
        return LogFile.at(path).snapshot();
    }

    private boolean isNew() throws Exception {
        if (Arrays.equals(Files.readAllBytes(log), before)) {
            return false;
        }
        assertIsNew(open(log));
        return true;
    }

    private static void assertIsNew(DiskIntentLog found) {
        assertThat(found.recovery().kind()).isEqualTo(IntentLog.Recovery.Kind.CLEAN);
        assertThat(found.chunkBytes()).isEqualTo(NEW_CHUNK);
        assertThat(found.layout().deviceSizeBytes()).isEqualTo(NEW_BYTES);
        assertThat(found.slotState(0)).isEqualTo(SlotState.STALE);
        assertThat(found.slotState(3)).isEqualTo(SlotState.TRACKING);
        assertThat(found.slotName(3)).isEqualTo("gamma");
        assertThat(found.dirtyChunks(0)).isEqualTo(20 + 2049);
        assertThat(found.dirtyChunks(3)).isEqualTo(2049);
        assertThat(found.isDirty(0, 40) && found.isDirty(0, 59) && !found.isDirty(0, 60) && !found.isDirty(0, 39)).isTrue();
    }

    @Test
    void shouldLeaveTheOldLogOrTheNewOneWhereverItIsCut() throws Exception {
        int steps = 0;
        boolean sawNewAfterCut = false;
        for (boolean ended = false; !ended; steps++) {
            Countdown countdown = new Countdown(steps);
            try {
                new LogReplacement(LogFile.at(log), NEW_BYTES, NEW_CHUNK, countdown).run();
                ended = true;
                assertThat(isNew()).isTrue();
            } catch (Killed e) {
                boolean isNew = isNew();
                assertThat(isNew).as(countdown.at).isEqualTo(countdown.at.equals("force folder"));
                sawNewAfterCut |= isNew;
                Files.write(log, before);
            }
        }
        assertThat(sawNewAfterCut).isTrue();
        assertThat(steps).isGreaterThan(10);
        assertThat(folder.resolve("a.intent.new")).doesNotExist();
    }

    @Test
    void shouldKeepTheOldLogWhenTheDiskFailsAtAnyRequest() throws Exception {
        for (BlockCommand command : new BlockCommand[] {BlockCommand.WRITE, BlockCommand.FLUSH}) {
            int failed = 0;
            for (int good = 0; failed == good; good++) {
                FaultRule rule = FaultRule.every(command).after(good).times(1).with(BlockError.ENOSPC);
                FaultDevice[] faulty = new FaultDevice[1];
                LogReplacement replacement = new LogReplacement(LogFile.at(log), NEW_BYTES, NEW_CHUNK, new LogReplacement.Steps() {
                    @Override
                    public BlockDevice over(BlockDevice device, EventLoop loop) {
                        faulty[0] = new FaultDevice(device, loop);
                        faulty[0].add(rule);
                        return faulty[0];
                    }
                });
                try {
                    replacement.run();
                    assertThat(faulty[0].failed()).isZero();
                } catch (ToolFailure e) {
                    failed++;
                    assertThat(e).hasMessageContaining("ENOSPC").hasMessageContaining("a.intent was not changed");
                    assertThat(isNew()).isFalse();
                    assertThat(folder.resolve("a.intent.new")).doesNotExist();
                }
            }
            assertThat(failed).as("failures of %s", command).isPositive();
            Files.write(log, before);
        }
    }

    private int run(String... arguments) {
        PrintStream nowhere = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
        return BitmapTool.run(nowhere, nowhere, arguments);
    }

    @Test
    void shouldResizeAndRegrainFromTheCommandLine() throws Exception {
        assertThat(run("-x", "98561K", "--chunk", "16K", log.toString())).isZero();
        assertThat(open(log).layout().deviceSizeBytes()).isEqualTo(98561L << 10);
        assertThat(run("--resize", Long.toString(NEW_BYTES), log.toString())).isZero();
        DiskIntentLog grown = open(log);
        assertThat(grown.chunkBytes()).isEqualTo(NEW_CHUNK);
        assertThat(grown.dirtyChunks(3)).isPositive();
        assertThat(run("--chunk", "1M", log.toString())).isZero();
        assertThat(open(log).dirtyChunks(0)).isEqualTo(1 + 33);
        assertThat(run("-x", "32M", log.toString())).isZero();
        assertThat(open(log).dirtyChunks(0)).isEqualTo(1);
        assertThat(run("--verify", log.toString())).isZero();
    }

    @Test
    void shouldRefuseSenselessSizesAndLogsInUse() throws Exception {
        for (String[] wrong : new String[][] {{"-x"}, {"-x", "0", log.toString()}, {"-x", "-5", log.toString()},
                {"-x", "9Z", log.toString()},
                {"--chunk", "5000", log.toString()}, {"--chunk", "2M", log.toString()}, {"-x", "1G", "-d", log.toString()},
                {"-d", "-x", "1G", log.toString()}, {"-x", "999999999999999T", log.toString()}, {"-x", "8000000G", log.toString()}}) {
            assertThat(run(wrong)).as(String.join(" ", wrong)).isEqualTo(BitmapTool.USAGE);
        }
        ToolLoop loop = new ToolLoop();
        try (DiskWorkers workers = new DiskWorkers("test", 1)) {
            BlockDevice user = FileBlockDevice.open(log, FileDeviceOptions.DEFAULT, loop, workers);
            assertThat(run("-x", "1G", log.toString())).isEqualTo(BitmapTool.IN_USE);
            boolean[] closed = new boolean[1];
            user.close(() -> closed[0] = true);
            loop.runUntil(() -> closed[0]);
        }
        assertThat(isNew()).isFalse();
    }
}
