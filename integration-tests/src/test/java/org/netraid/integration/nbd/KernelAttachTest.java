/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.nbd.client.cli.NbdClientMain;
import org.netraid.nbd.kernel.io.KernelException;
import org.netraid.nbd.kernel.io.KernelNbd;
import org.netraid.nbd.kernel.io.RawSocket;
import org.netraid.nbd.wire.NbdUri;

/** {@code nbd-client attach} and {@code detach}: the handshake for the kernel, and the device itself where the kernel has the driver. */
@Timeout(600)
class KernelAttachTest {

    private static final int SIZE = (8 << 20) + 512;

    @TempDir
    private Path folder;

    private String image() throws IOException {
        Path path = folder.resolve("disk.img");
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(SIZE);
        }
        return path.toString();
    }

    private record Result(int status, String err) {
    }

    private static Result run(String... arguments) {
        java.io.ByteArrayOutputStream err = new java.io.ByteArrayOutputStream();
        PrintStream before = System.err;
        System.setErr(new PrintStream(err, true));
        try {
            return new Result(NbdClientMain.run(arguments), err.toString());
        } finally {
            System.setErr(before);
        }
    }

    private static boolean hasDriver() throws KernelException {
        return KernelNbd.family() >= 0 || Files.exists(Path.of("/sys/module/nbd"));
    }

    @Test
    void shouldSayWhatIsMissingAndWhatToDoInsteadWhenTheKernelHasNoDriver() throws Exception {
        assumeFalse(hasDriver(), "this kernel has the nbd driver");
        for (Result result : List.of(run("attach", "nbd://127.0.0.1:1/x", "/dev/nbd0"), run("detach", "/dev/nbd0"),
                run("attach", "--ioctl", "nbd://127.0.0.1:1/x", "nbd0"))) {
            assertThat(result.status()).isEqualTo(1);
            assertThat(result.err()).startsWith("nbd-client: this kernel has no nbd driver").contains("modprobe nbd").contains("nbdfuse")
                    .hasLineCount(1);
        }
    }

    @Test
    void shouldRefuseWhatIsNoDeviceOrNoTime() {
        assertThat(run("attach", "nbd://127.0.0.1:1/x", "/dev/sda").err()).contains("write /dev/nbd0");
        assertThat(run("attach", "nbd://127.0.0.1:1/x", "/dev/nbd0", "--timeout", "0").err()).contains("--timeout must be 1");
        assertThat(run("attach", "nbd://127.0.0.1:1/x", "/dev/nbd0", "-C", "0").err()).contains("--connections 0");
        assertThat(run("attach", "nbds://127.0.0.1:1/x", "/dev/nbd0").err()).contains("speaks no TLS");
        assertThat(run("detach", "/dev/nbd").err()).contains("write /dev/nbd0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"own tcp", "own unix", "nbdkit", "qemu-nbd", "nbd-server"})
    void shouldOpenAnExportAsTheKernelWantsIt(String kind) throws Exception {
        Path file = Path.of(image());
        List<AutoCloseable> servers = new ArrayList<>();
        String uri;
        if (kind.startsWith("own")) {
            ServerUnderTest server = kind.endsWith("tcp") ? new ServerUnderTest(folder, file.toString(), "--listen", "127.0.0.1:0")
                    : new ServerUnderTest(folder, file.toString(), "--unix", folder.resolve("s").toString());
            servers.add(server);
            uri = server.uri;
        } else {
            ForeignServer server = switch (kind) {
                case "nbdkit" -> ForeignServer.nbdkit(folder, true, "file", file.toString());
                case "qemu-nbd" -> ForeignServer.qemuNbd(folder, false, file);
                default -> ForeignServer.nbdServer(folder, false, file);
            };
            servers.add(server);
            RealClient.connect(server).close();
            uri = server.uri();
        }
        try {
            NbdUri parsed = NbdUri.parse(uri);
            try (RawSocket socket = RawSocket.open(parsed.address(), parsed.exportName(), 10)) {
                assertThat(socket.export().sizeBytes()).isEqualTo(SIZE);
                assertThat(socket.export().structuredReplies()).as("the kernel speaks simple replies").isFalse();
                assertThat(socket.export().extendedHeaders()).isFalse();
                assertThat(socket.fd()).isPositive();
            }
            if (kind.equals("own tcp")) {
                assertThatThrownBy(() -> RawSocket.open(parsed.address(), "nosuch", 10)).isInstanceOf(KernelException.class)
                        .hasMessageContaining("no export named 'nosuch'");
            }
        } finally {
            for (AutoCloseable server : servers) {
                server.close();
            }
        }
    }

    @Test
    void shouldSayThatNobodyListens() {
        assertThatThrownBy(() -> RawSocket.open(org.netraid.link.LinkAddress.unix(folder.resolve("none").toString()), "", 5))
                .isInstanceOf(KernelException.class).hasMessageContaining("cannot connect").hasMessageContaining("no such file");
        assertThatThrownBy(() -> RawSocket.open(org.netraid.link.LinkAddress.tcp("127.0.0.1", 1), "", 5))
                .isInstanceOf(KernelException.class).hasMessageContaining("connection refused");
    }

    @Test
    void shouldGiveUpAServerThatSaysNothing() throws Exception {
        try (java.net.ServerSocket mute = new java.net.ServerSocket(0, 5, java.net.InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> RawSocket.open(org.netraid.link.LinkAddress.tcp("127.0.0.1", mute.getLocalPort()), "", 1))
                    .isInstanceOf(KernelException.class).hasMessageContaining("no answer in the handshake: timed out");
        }
    }

    @Test
    void shouldAttachReadWriteAndDetachWhereTheKernelHasTheDriver() throws Exception {
        boolean root = "root".equals(System.getProperty("user.name"));
        if (!root || !hasDriver()) {
            System.err.println("SKIPPED: attaching to the kernel needs root and the kernel's nbd driver (modprobe nbd)");
            assumeTrue(false, "no nbd driver, or not root");
        }
        Path device = Path.of("/dev/nbd7");
        try (ServerUnderTest server = new ServerUnderTest(folder, image(), "--listen", "127.0.0.1:0")) {
            Result attached = run("attach", server.uri, device.toString());
            assertThat(attached.status()).as(attached.err()).isZero();
            byte[] data = new byte[1 << 20];
            new java.util.Random(1).nextBytes(data);
            try (FileChannel channel = FileChannel.open(device, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.wrap(data), 1 << 20);
                channel.force(true);
                ByteBuffer back = ByteBuffer.allocate(data.length);
                while (back.hasRemaining() && channel.read(back, (1 << 20) + back.position()) > 0) {
                    continue;
                }
                assertThat(back.array()).isEqualTo(data);
            }
            assertThat(run("detach", device.toString()).status()).isZero();
            byte[] onDisk = Files.readAllBytes(folder.resolve("disk.img"));
            assertThat(java.util.Arrays.copyOfRange(onDisk, 1 << 20, 2 << 20)).isEqualTo(data);
        }
    }
}
