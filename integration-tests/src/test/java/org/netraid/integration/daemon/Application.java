/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Random;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.integration.nbd.RealClient;
import org.netraid.nbd.client.NbdClientConfig;

/**
 * Writes through a mirror's export and remembers, in a plain file, what every copy must hold: each acknowledged write, and for
 * a write that was never answered either what was there before or what was written.
 */
final class Application implements AutoCloseable {

    private final RandomAccessFile model;
    private final Random random;
    private final long sizeBytes;
    private RealClient client;
    /** Added to the URI of the device, such as {@code ?tls-certificates=DIR}. */
    String uriParameters = "";
    private long unansweredOffset = -1;
    private byte[] unanswered;

    Application(Path modelFile, long sizeBytes, long seed) throws IOException {
        this.model = new RandomAccessFile(modelFile.toFile(), "rw");
        this.model.setLength(sizeBytes);
        this.sizeBytes = sizeBytes;
        this.random = new Random(seed);
    }

    /** Opens the device of the node in service. */
    void open(ClusterRig rig, String source) {
        if (client != null) {
            client.close();
        }
        rig.awaitStatus(source, "has an export", status -> !status.exportUri().isEmpty());
        client = new RealClient(NbdClientConfig.defaults());
        assertThat(client.tryOpen(rig.status(source).exportUri() + uriParameters)).as(rig.logs()).isEmpty();
        assertThat(client.device().geometry().sizeBytes()).isEqualTo(sizeBytes);
    }

    /** Random writes of 4 KiB to {@code maxBytes}, one after the other. */
    void writeRandomly(long totalBytes, int maxBytes) throws IOException {
        for (long done = 0; done < totalBytes; ) {
            byte[] data = new byte[(1 + random.nextInt(maxBytes / 4096)) * 4096];
            assertThat(tryWrite((long) (random.nextDouble() * (sizeBytes - data.length) / 4096) * 4096, data)).isEmpty();
            done += data.length;
        }
    }

    /** One random write; false when the device has gone. */
    boolean writeOne() throws IOException {
        byte[] data = new byte[4096 * (1 + random.nextInt(16))];
        return tryWrite((long) (random.nextDouble() * (sizeBytes - data.length) / 4096) * 4096, data).isEmpty();
    }

    private String tryWrite(long offset, byte[] data) throws IOException {
        random.nextBytes(data);
        BlockRequest ended = client.run(completion -> new BlockRequest().write(offset, ByteBuffer.wrap(data), 0, completion));
        if (ended.error() != BlockError.NONE) {
            unansweredOffset = offset;
            unanswered = data;
            return ended.errorDetail();
        }
        model.seek(offset);
        model.write(data);
        return "";
    }

    void flush() {
        client.flush();
    }

    /** Settles what became of the write that was never answered, from a copy; it must be all old or all new in each 4 KiB. */
    void settleUnanswered(Path copy) throws IOException {
        if (unanswered == null) {
            return;
        }
        byte[] before = new byte[4096];
        byte[] now = new byte[4096];
        try (RandomAccessFile file = new RandomAccessFile(copy.toFile(), "r")) {
            for (int at = 0; at < unanswered.length; at += 4096) {
                byte[] written = java.util.Arrays.copyOfRange(unanswered, at, at + 4096);
                model.seek(unansweredOffset + at);
                model.readFully(before);
                file.seek(unansweredOffset + at);
                file.readFully(now);
                if (java.util.Arrays.equals(now, written)) {
                    model.seek(unansweredOffset + at);
                    model.write(written);
                } else {
                    assertThat(now).as("a write that was never answered, at %d", unansweredOffset + at).isEqualTo(before);
                }
            }
        }
        unanswered = null;
    }

    /** Stops everything in order; every copy must be what was acknowledged. */
    void mustBeWholeEverywhere(ClusterRig rig, String source, String... targets) throws IOException {
        flush();
        rig.awaitInSync(source);
        closeDevice();
        rig.mustAct(source, "stop");
        for (String target : targets) {
            assertThat(rig.stop(target)).as(rig.logs()).isZero();
        }
        assertThat(rig.stop(source)).as(rig.logs()).isZero();
        mustEqual(rig.disk(source));
        for (String target : targets) {
            mustEqual(rig.disk(target));
        }
    }

    /** The copy equals what was acknowledged, byte for byte. */
    void mustEqual(Path copy) throws IOException {
        byte[] expected = new byte[1 << 20];
        byte[] found = new byte[1 << 20];
        try (RandomAccessFile file = new RandomAccessFile(copy.toFile(), "r")) {
            assertThat(file.length()).isEqualTo(sizeBytes);
            model.seek(0);
            for (long at = 0; at < sizeBytes; at += expected.length) {
                model.readFully(expected);
                file.readFully(found);
                int differs = java.util.Arrays.mismatch(expected, found);
                assertThat(differs).as("%s differs from what was acknowledged at byte %d", copy, at + differs).isEqualTo(-1);
            }
        }
    }

    void closeDevice() {
        if (client != null) {
            client.close();
            client = null;
        }
    }

    @Override
    public void close() throws IOException {
        closeDevice();
        model.close();
    }
}
