/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.io.DiskWorkers;
import org.netraid.block.io.FileBlockDevice;
import org.netraid.block.io.FileDeviceOptions;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.DiskIntentLog;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.IntentLogConfig;
import org.netraid.intentlog.SlotState;

class BitmapToolTest {

    private static final IntentLogConfig CONFIG = IntentLogConfig.of(new UUID(1, 2), "alpha", 1L << 30);

    @TempDir
    private Path folder;
    private Path log;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeEach
    void makeLog() throws Exception {
        log = make("a.intent", 100, 7, true);
    }

    /** A log with one target that has missed some chunks. */
    private Path make(String name, long firstDirty, int count, boolean close) throws Exception {
        Path path = folder.resolve(name);
        ToolLoop loop = new ToolLoop();
        try (DiskWorkers workers = new DiskWorkers("test", 1)) {
            BlockDevice device = FileBlockDevice.open(path, FileDeviceOptions.DEFAULT.withCreateBytes(CONFIG.layout().sizeBytes()),
                    loop, workers);
            DiskIntentLog[] opened = new DiskIntentLog[1];
            DiskIntentLog.create(device, CONFIG, loop, FaultPoints.NONE, (made, error) -> opened[0] = made);
            loop.runUntil(() -> opened[0] != null);
            BlockError[] result = new BlockError[1];
            opened[0].setSlot(0, "be\"ta", SlotState.STALE, error -> { });
            opened[0].markDirty(1, firstDirty, count, error -> result[0] = error);
            loop.runUntil(() -> result[0] != null);
            if (close) {
                result[0] = null;
                opened[0].close(error -> result[0] = error);
                loop.runUntil(() -> result[0] != null);
            }
            boolean[] closed = new boolean[1];
            device.close(() -> closed[0] = true);
            loop.runUntil(() -> closed[0]);
        }
        return path;
    }

    private int run(String... arguments) {
        out.reset();
        err.reset();
        return BitmapTool.run(new PrintStream(out, true, StandardCharsets.UTF_8), new PrintStream(err, true, StandardCharsets.UTF_8),
                arguments);
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void shouldExamineWithoutChangingTheFile() throws IOException {
        byte[] before = Files.readAllBytes(log);
        assertThat(run("-X", log.toString())).isZero();
        assertThat(out()).contains("alpha").contains("be\"ta").contains("STALE").contains("closed in order").contains("448 KiB");
        assertThat(run("--examine", "--json", log.toString())).isZero();
        assertThat(out()).contains("\"dirtyChunks\":7").contains("\"target\":\"be\\\"ta\"").contains("\"state\":\"CLEAN\"");
        assertThat(run("-X", "--map", log.toString())).isZero();
        assertThat(out()).contains("7 of 16384 chunks dirty").contains("|   : ");
        assertThat(run("--verify", log.toString())).isZero();
        assertThat(out()).contains("sound");
        assertThat(Files.readAllBytes(log)).isEqualTo(before);
    }

    @Test
    void shouldDrawMap() throws IOException {
        Path png = folder.resolve("map.png");
        assertThat(run("-X", "--png", png.toString(), log.toString())).isZero();
        BufferedImage image = ImageIO.read(png.toFile());
        int blackCells = 0;
        for (int at = 0; at < 1024 * 128; at++) {
            blackCells += (image.getRGB(at % 1024, at / 1024) & 0xffffff) == 0 ? 1 : 0;
        }
        assertThat(blackCells).isEqualTo(7 * 8); // 16384 chunks on 131072 cells
        assertThat(image.getRGB(800, 0) & 0xffffff).isZero();
        assertThat(image.getRGB(799, 0) & 0xffffff).isEqualTo(0xffffff);
        assertThat(run("-X", "--png", folder.resolve("no/such.png").toString(), log.toString())).isEqualTo(BitmapTool.FAILED);
        assertThat(err()).hasLineCount(1);
    }

    @Test
    void shouldClearOnlyWhenToldThatTheCopiesAreIdentical() {
        assertThat(run("-c", log.toString())).isEqualTo(BitmapTool.USAGE);
        assertThat(err()).contains("--i-have-identical-copies");
        assertThat(run("-c", "--i-have-identical-copies", log.toString())).isZero();
        run("-X", "--json", log.toString());
        assertThat(out()).contains("\"dirtyChunks\":0").contains("TRACKING");
    }

    @Test
    void shouldDirtyAll() {
        assertThat(run("-d", log.toString())).isZero();
        run("-X", "--json", log.toString());
        assertThat(out()).contains("\"dirtyChunks\":16384").contains("FULL_RESYNC");
    }

    @Test
    void shouldMergeAnotherLog() throws Exception {
        Path other = make("b.intent", 200, 3, false);
        assertThat(run("-m", other.toString(), log.toString())).isZero();
        run("-X", "--json", log.toString());
        assertThat(out()).contains("\"dirtyChunks\":10");
    }

    @Test
    void shouldRefuseLogInUse() throws Exception {
        try (DiskWorkers workers = new DiskWorkers("test", 1)) {
            ToolLoop loop = new ToolLoop();
            BlockDevice user = FileBlockDevice.open(log, FileDeviceOptions.DEFAULT, loop, workers);
            assertThat(run("-d", log.toString())).isEqualTo(BitmapTool.IN_USE);
            assertThat(err()).contains("a.intent").contains("nothing was changed").hasLineCount(1);
            boolean[] closed = new boolean[1];
            user.close(() -> closed[0] = true);
            loop.runUntil(() -> closed[0]);
        }
    }

    @Test
    void shouldNameDamagedBlocksAndSayWhatFollows() throws IOException {
        byte[] bytes = Files.readAllBytes(log);
        bytes[(int) CONFIG.layout().pageOffset(0, 0, 0) + 70] ^= 4;
        Files.write(log, bytes);
        assertThat(run("--verify", log.toString())).isEqualTo(BitmapTool.DAMAGED);
        assertThat(out()).contains("slot 0, bitmap page 0, place 0").contains("can still be used");
        bytes[(int) CONFIG.layout().pageOffset(0, 1, 0) + 70] ^= 4;
        Files.write(log, bytes);
        assertThat(run("--verify", log.toString())).isEqualTo(BitmapTool.DAMAGED);
        assertThat(out()).contains("lost");
        assertThat(run("-d", log.toString())).isEqualTo(BitmapTool.DAMAGED);
        assertThat(err()).contains("damaged and was not changed");
    }

    @Test
    void shouldAnswerWrongUsageInOneLine() throws IOException {
        Path text = Files.writeString(folder.resolve("text"), "no log");
        for (String[] wrong : new String[][] {{}, {"-X"}, {"-Z", "x"}, {"-X", "-d", "x"}, {"-a", "x"}, {"-X", "missing"},
                {"-X", text.toString()}, {"-m", log.toString()}}) {
            assertThat(run(wrong)).isNotZero();
            assertThat(err()).startsWith("bitmap: ").hasLineCount(1);
        }
        assertThat(run("--help")).isZero();
    }
}
