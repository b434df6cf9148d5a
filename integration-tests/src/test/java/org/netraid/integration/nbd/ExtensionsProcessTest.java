/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockRequest;
import org.netraid.nbd.client.NbdClientConfig;
import org.netraid.nbd.client.cli.NbdClientMain;
import org.netraid.nbd.wire.Extension;

/** Our extensions between the server process and our commands, and what others see of them. */
@Tag("slow")
@Timeout(600)
class ExtensionsProcessTest {

    private static final int SIZE = 16 << 20;

    @TempDir
    private Path folder;

    private Path image() throws Exception {
        Path path = folder.resolve("disk.img");
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(SIZE);
        }
        return path;
    }

    @ParameterizedTest
    @ValueSource(strings = {"fast", "high"})
    void shouldCopyCompressed(String compression) throws Exception {
        byte[] content = new byte[SIZE];
        new Random(3).nextBytes(content);
        Arrays.fill(content, 1 << 20, 3 << 20, (byte) 0);
        for (int i = 4 << 20; i < 9 << 20; i++) {
            content[i] = (byte) (i % 64 < 60 ? i / 4096 : content[i]);
        }
        Path original = Files.write(folder.resolve("original.img"), content);
        Path image = image();
        ServerUnderTest server = new ServerUnderTest(folder, image.toString(), "--unix", folder.resolve("s").toString());
        assertThat(NbdClientMain.run("copy", "--compress=" + compression, original.toString(), server.uri)).isZero();
        assertThat(NbdClientMain.run("copy", "--compress=zip", original.toString(), server.uri)).isEqualTo(1);
        assertThat(server.terminate()).isZero();
        assertThat(server.errors()).isEmpty();
        assertThat(Files.mismatch(original, image)).isEqualTo(-1);
    }

    @Test
    void shouldOfferWhatOthersIgnoreAndNothingWhenTurnedOff() throws Exception {
        String image = image().toString();
        for (String extensions : new String[] {"on", "off"}) {
            ServerUnderTest server = new ServerUnderTest(folder, image, "--listen", "127.0.0.1:0", "--extensions=" + extensions);
            String info = ForeignTool.run("nbdinfo", server.uri);
            assertThat(info).contains("base:allocation");
            for (Extension extension : Extension.values()) {
                assertThat(info.contains(extension.contextName())).isEqualTo(extensions.equals("on"));
            }
            NbdClientConfig config = NbdClientConfig.defaults().withHoles(true).withExtensions(Set.of(Extension.values()));
            try (RealClient client = new RealClient(config)) {
                assertThat(client.tryOpen(server.uri)).isEmpty();
                assertThat(client.device().can(BlockCapability.BARRIER)).isEqualTo(extensions.equals("on"));
                assertThat(client.device().can(BlockCapability.EXTENTS)).isTrue();
                if (extensions.equals("on")) {
                    client.must(done -> new BlockRequest().barrier(done));
                }
            }
            assertThat(server.terminate()).isZero();
        }
        ServerUnderTest.Result refused = ServerUnderTest.runToEnd(image, "--extensions=maybe");
        assertThat(refused.status()).isEqualTo(2);
    }
}
