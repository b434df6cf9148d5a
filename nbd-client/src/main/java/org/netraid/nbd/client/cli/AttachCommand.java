/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.netraid.block.BlockCapability;
import org.netraid.nbd.client.MultiConnector;
import org.netraid.nbd.client.NbdExport;
import org.netraid.nbd.kernel.AttachPlan;
import org.netraid.nbd.kernel.io.KernelException;
import org.netraid.nbd.kernel.io.KernelNbd;
import org.netraid.nbd.kernel.io.RawSocket;
import org.netraid.nbd.wire.NbdUri;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nbd-client attach URI /dev/nbdN}: an export as a block device of the kernel. */
@Command(name = "attach", mixinStandardHelpOptions = true,
        description = {"Makes an export a block device of this machine, by the kernel's nbd driver. Needs root.",
            "The handshake is done here; then the kernel gets the connections and this command ends (with --ioctl it stays)."})
final class AttachCommand implements Callable<Integer> {

    private static final int MAX_SECONDS = 86_400;

    @Spec
    private CommandSpec spec;
    @Parameters(index = "0", paramLabel = "URI")
    private String uri;
    @Parameters(index = "1", paramLabel = "DEVICE", description = "/dev/nbdN")
    private String device;
    @Option(names = {"-C", "--connections"}, paramLabel = "N", defaultValue = "4",
            description = "Connections, where the server allows several (default ${DEFAULT-VALUE}).")
    private int connections;
    @Option(names = "--timeout", paramLabel = "SECONDS", defaultValue = "30",
            description = "Longest handshake, and longest wait for an answer; then that connection is dead (default ${DEFAULT-VALUE}).")
    private int timeoutSeconds;
    @Option(names = "--dead-timeout", paramLabel = "SECONDS", defaultValue = "0",
            description = {"With all connections dead, requests wait so long for 'attach --reconnect'",
                "before they fail (default ${DEFAULT-VALUE})."})
    private int deadTimeoutSeconds;
    @Option(names = "--read-only", description = "The device refuses to be written.")
    private boolean readOnly;
    @Option(names = "--reconnect", description = "The device is attached already and has lost its connections: give it new ones.")
    private boolean reconnect;
    @Option(names = "--ioctl",
            description = "Use the older interface of kernels before 4.12; the command stays as long as the device is attached.")
    private boolean ioctl;

    @Override
    public Integer call() {
        check();
        KernelDevice named = KernelDevice.parse(device);
        NbdUri parsed = ClientSession.uri(uri);
        if (parsed.tls() != null) {
            throw new CliFailure(uri + " cannot be attached: a socket in the kernel's hands speaks no TLS. Use nbdfuse and a loop device"
                    + " (docs/attach.md)");
        }
        List<RawSocket> sockets = new ArrayList<>();
        try {
            int family = ioctl ? -1 : KernelNbd.family();
            boolean old = family < 0;
            if (old && !java.nio.file.Files.exists(java.nio.file.Path.of(named.path()))) {
                throw KernelNbd.noDriver(named.path());
            }
            if (old && reconnect) {
                throw new CliFailure("--reconnect needs the kernel's netlink interface (Linux 4.12)");
            }
            AttachPlan plan = open(parsed, named, sockets);
            List<Integer> numbers = sockets.stream().map(RawSocket::fd).toList();
            if (old) {
                KernelNbd.serveByIoctl(named.path(), plan, numbers, () -> say(named, plan, numbers.size(), "; detach ends this command"));
            } else if (reconnect) {
                KernelNbd.reconnect(family, plan, numbers);
                say(named, plan, numbers.size(), ", connected again");
            } else {
                KernelNbd.attach(family, plan, numbers);
                say(named, plan, numbers.size(), "");
            }
        } catch (KernelException | IllegalArgumentException e) {
            throw new CliFailure(e.getMessage());
        } finally {
            sockets.forEach(RawSocket::close);
        }
        return 0;
    }

    private void check() {
        if (connections < 1 || connections > MultiConnector.MAX_CONNECTIONS) {
            throw new CliFailure("--connections " + connections + " is not in 1 to " + MultiConnector.MAX_CONNECTIONS);
        }
        if (timeoutSeconds < 1 || timeoutSeconds > MAX_SECONDS || deadTimeoutSeconds < 0 || deadTimeoutSeconds > MAX_SECONDS) {
            throw new CliFailure("--timeout must be 1 to " + MAX_SECONDS + " seconds, --dead-timeout 0 to " + MAX_SECONDS);
        }
    }

    private AttachPlan open(NbdUri parsed, KernelDevice named, List<RawSocket> sockets) throws KernelException {
        sockets.add(RawSocket.open(parsed.address(), parsed.exportName(), timeoutSeconds));
        NbdExport export = sockets.get(0).export();
        int wanted = export.offered().contains(BlockCapability.MULTI_CONN) ? connections : 1;
        while (sockets.size() < wanted) {
            RawSocket more = RawSocket.open(parsed.address(), parsed.exportName(), timeoutSeconds);
            sockets.add(more);
            if (more.export().sizeBytes() != export.sizeBytes() || more.export().flags() != export.flags()) {
                throw new KernelException("the server describes the export differently on each connection");
            }
        }
        return AttachPlan.of(export, named.index(), readOnly, timeoutSeconds, deadTimeoutSeconds);
    }

    private void say(KernelDevice named, AttachPlan plan, int count, String more) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(named.path() + ": " + uri + ", " + plan.sizeBytes() + " bytes, " + count
                + (count == 1 ? " connection" : " connections") + more);
        out.flush();
    }
}
