/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What an operator sees of {@code nbd-server}: its output, its exit status, and that nothing is lost at the end. */
@Tag("slow")
@Timeout(600)
class NbdServerCommandTest {

    @TempDir
    private Path folder;
    private String image;

    @BeforeEach
    void makeImage() throws IOException {
        image = Files.write(folder.resolve("disk.img"), new byte[1 << 20]).toString();
    }

    @Test
    void shouldEndWithOneLineAndStatusTwoWhenTheCommandLineIsWrong() throws Exception {
        failsWith(2, "FILE");
        failsWith(2, "--bogus", image, "--bogus");
        failsWith(2, "not a port", image, "--listen", "localhost:x");
        failsWith(2, "exclude each other", image, "--listen", ":0", "--unix", "s");
        failsWith(2, "--max-connections", image, "--max-connections", "0");
        failsWith(2, "write NAME=FILE", "a=" + image, "b=" + image, "--export", "c");
    }

    @Test
    void shouldEndWithOneLineAndStatusOneWhenItCannotServe() throws Exception {
        failsWith(1, "no such file", folder.resolve("nosuch").toString(), "--listen", "127.0.0.1:0");
        failsWith(1, "directory", folder.toString(), "--listen", "127.0.0.1:0");
        failsWith(1, "no such file or directory", image, "--unix", folder.resolve("no/such").toString());
        failsWith(1, "not a socket", image, "--unix", Files.createFile(folder.resolve("plain")).toString());
        try (ServerUnderTest first = new ServerUnderTest(folder, image, "--listen", "127.0.0.1:0")) {
            failsWith(1, "in use", image, "--listen", "127.0.0.1:0");
            String second = Files.write(folder.resolve("two.img"), new byte[512]).toString();
            String port = first.uri.replaceAll(".*:(\\d+)/.*", "$1");
            failsWith(1, "address already in use", second, "--listen", "127.0.0.1:" + port);
        }
    }

    private static void failsWith(int status, String message, String... arguments) throws IOException, InterruptedException {
        ServerUnderTest.Result result = ServerUnderTest.runToEnd(arguments);
        assertThat(result.err()).contains(message).startsWith("nbd-server: ");
        assertThat(result.err().lines()).hasSize(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.status()).isEqualTo(status);
    }

    @Test
    void shouldEndWithStatusZeroAndRemoveItsSocketWhenTerminated() throws Exception {
        Path socket = folder.resolve("s");
        try (ServerUnderTest server = new ServerUnderTest(folder, image, "--unix", socket.toString())) {
            assertThat(server.uri).isEqualTo("nbd+unix:///?socket=" + socket);
            try (RawNbd nbd = RawNbd.connect(server.uri, false)) {
                byte[] data = {1, 2, 3, 4};
                assertThat(nbd.ask(1, 0, 100, 4, data).error()).isZero();
                assertThat(server.terminate()).isZero();
                assertThat(nbd.isClosedByServer()).isTrue();
            }
            assertThat(server.errors()).isEmpty();
        }
        assertThat(socket).doesNotExist();
        assertThat(Files.readAllBytes(Path.of(image))[102]).isEqualTo((byte) 3);
    }

    @Test
    void shouldExportSeveralFilesUnderTheirNames() throws Exception {
        String second = Files.write(folder.resolve("two.img"), new byte[2000]).toString();
        try (ServerUnderTest server = new ServerUnderTest(folder, "a=" + image, "b=" + second, "--listen", "127.0.0.1:0")) {
            assertThat(server.uri).endsWith("/a");
            try (RawNbd nbd = RawNbd.connect(server.uri.replaceAll("/a$", "/b"), true)) {
                assertThat(nbd.size).isEqualTo(2000);
            }
            try (RawNbd nbd = RawNbd.connect(server.uri.replaceAll("/a$", "/"), true)) {
                assertThat(nbd.size).as("the first is the default").isEqualTo(1 << 20);
            }
        }
    }
}
