/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.fault.FaultPoints;

/** A reader who has only docs/on-disk-format.md finds in an image what the engine finds. The reader is a Python script. */
class IndependentDecoderTest {

    private static final Path SCRIPT = Path.of("src/test/python/decode_intent_log.py");

    @TempDir
    private Path folder;

    @Test
    void shouldFindWhatTheEngineFinds() throws Exception {
        assumeTrue(hasPython(), "python3 is not installed");
        for (long seed = 0; seed < 6; seed++) {
            RecordingDevice[] recording = new RecordingDevice[1];
            CrashWorkload workload = new CrashWorkload(seed, FaultPoints.NONE,
                    (below, content) -> recording[0] = new RecordingDevice(below, content));
            workload.run(200);
            byte[] image = recording[0].durable.clone();
            Path file = Files.write(folder.resolve("image-" + seed), image);
            assertThat(decode(file)).as("seed %d", seed).isEqualTo(describe(ImageDevice.open(image, workload.rig.config,
                    FaultPoints.NONE)));
        }
    }

    private static String describe(DiskIntentLog log) {
        StringBuilder out = new StringBuilder(log.recovery().kind() + " " + log.recovery().hotExtents() + "\n");
        for (int k = 0; k < IntentLog.MAX_SLOTS; k++) {
            if (log.slotState(k) != SlotState.UNUSED) {
                long sum = 0;
                for (long c = log.nextDirtyChunk(k, 0); c >= 0; c = log.nextDirtyChunk(k, c + 1)) {
                    sum += c;
                }
                out.append(k + " " + log.slotName(k) + " " + log.slotState(k) + " " + log.dirtyChunks(k) + " " + sum + "\n");
            }
        }
        return out.toString();
    }

    private static String decode(Path file) throws IOException, InterruptedException {
        Process python = new ProcessBuilder("python3", SCRIPT.toString(), file.toString()).redirectErrorStream(true).start();
        String output = new String(python.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(python.waitFor()).as(output).isZero();
        return output;
    }

    private static boolean hasPython() throws InterruptedException {
        try {
            return new ProcessBuilder("python3", "--version").start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
