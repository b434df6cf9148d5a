/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code nbd-server} started by somebody who listens for it. */
@Timeout(600)
class SocketActivationTest {

    /** Listens (blocking, as a careless parent would), puts the socket at 3 and becomes the server, as systemd does. */
    private static final String PARENT = """
            import os, socket, sys
            unix = sys.argv[1] == 'unix'
            s = socket.socket(socket.AF_UNIX if unix else socket.AF_INET, socket.SOCK_STREAM)
            s.bind(sys.argv[2] if unix else ('127.0.0.1', int(sys.argv[2])))
            s.listen(16)
            fd = s.detach()
            if fd != 3:
                os.dup2(fd, 3)
            os.set_inheritable(3, True)
            os.environ['LISTEN_FDS'] = '1'
            os.environ['LISTEN_PID'] = str(os.getpid())
            os.execv(sys.argv[3], sys.argv[3:])
            """;

    @TempDir
    private Path folder;

    private String image() throws IOException {
        Path path = folder.resolve("disk.img");
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(1 << 20);
        }
        return path.toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "unix"})
    void shouldServeTheSocketItWasStartedWith(String transport) throws Exception {
        boolean unix = transport.equals("unix");
        String where = unix ? folder.resolve("s").toString() : "" + FreePorts.next();
        List<String> command = new ArrayList<>(List.of(ForeignServer.installed("python3"), "-c", PARENT, transport, where));
        command.addAll(ServerUnderTest.command(image(), "--export", "disk"));
        try (ServerUnderTest server = new ServerUnderTest(folder, new ProcessBuilder(command))) {
            serves(unix ? "nbd+unix:///disk?socket=" + where : "nbd://127.0.0.1:" + where + "/disk");
            assertThat(server.terminate()).isZero();
            assertThat(server.errors()).doesNotContain("error");
        }
        if (unix) {
            assertThat(Path.of(where)).as("the file belongs to who made it").exists();
        }
    }

    @Test
    void shouldServeWhatSystemdActivates() throws Exception {
        int port = FreePorts.next();
        List<String> command = new ArrayList<>(List.of(ForeignServer.installed("systemd-socket-activate"), "-l", "127.0.0.1:" + port));
        command.addAll(ServerUnderTest.command(image(), "--export", "disk"));
        try (ServerUnderTest server = new ServerUnderTest(folder, new ProcessBuilder(command))) {
            serves("nbd://127.0.0.1:" + port + "/disk");
            assertThat(server.terminate()).isZero();
        }
    }

    /** The first connection may wait in the socket until the server is there; before that there is nobody to connect to. */
    private static void serves(String uri) {
        Awaitility.await().atMost(60, TimeUnit.SECONDS).ignoreExceptionsInstanceOf(IOException.class).untilAsserted(() -> {
            try (RawNbd nbd = RawNbd.connect(uri, true)) {
                assertThat(nbd.ask(1, 0, 4096, 4, (byte) 1, (byte) 2, (byte) 3, (byte) 4).error()).isZero();
                assertThat(nbd.ask(0, 0, 4096, 4).data()).containsExactly(1, 2, 3, 4);
            }
        });
    }

    @Test
    void shouldSayWhatIsWrongWithTheSocket() throws Exception {
        ProcessBuilder none = new ProcessBuilder("sh", "-c", "export LISTEN_FDS=1 LISTEN_PID=$$; exec \"$@\" 3</dev/null", "sh");
        none.command().addAll(ServerUnderTest.command(image()));
        ServerUnderTest.Result result = ServerUnderTest.runToEnd(none);
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).contains("file descriptor 3 is not a socket but /dev/null");
        ProcessBuilder several = new ProcessBuilder("sh", "-c", "export LISTEN_FDS=2 LISTEN_PID=$$; exec \"$@\"", "sh");
        several.command().addAll(ServerUnderTest.command(image()));
        assertThat(ServerUnderTest.runToEnd(several).err()).contains("one socket is served");
    }
}
