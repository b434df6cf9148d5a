/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.netraid.link.LinkAddress;
import org.netraid.link.io.InheritedSocket;
import org.netraid.nbd.server.ServerLimits;
import org.netraid.nbd.wire.Extension;
import org.netraid.nbd.wire.NbdConstants;
import org.netraid.nbd.wire.NbdFormatException;
import org.netraid.nbd.wire.NbdUri;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Entry of the command {@code nbd-server}: reads the command line, then runs a {@link ServerProcess}. */
@Command(name = "nbd-server", mixinStandardHelpOptions = true, version = "nbd-server (NetRAID) 0.1.0",
        description = "Exports files or block devices over NBD until SIGTERM or SIGINT.",
        footer = {"", "Started by systemd with a socket (LISTEN_FDS), it serves that one.",
            "Once it listens, the URI of each export is printed, the first one on the first line.",
            "Exit status: 0 ended by a signal, all data flushed; 1 failure; 2 wrong command line."})
public final class NbdServerMain implements Callable<Integer> {

    private static final int EXIT_FAILURE = 1;
    private static final int EXIT_USAGE = 2;

    @Parameters(arity = "1..*", paramLabel = "[NAME=]FILE",
            description = "File or block device to export; the first is the default export.")
    private List<String> files = new ArrayList<>();

    @Option(names = "--listen", paramLabel = "HOST:PORT", description = "TCP address; port 0 takes any free one. Default: 127.0.0.1:"
            + NbdConstants.DEFAULT_PORT)
    private String listen;

    @Option(names = "--unix", paramLabel = "SOCKET", description = "Listen on a unix socket instead.")
    private String unix;

    @Option(names = "--export", paramLabel = "NAME", description = "Name of the export, if there is one FILE. Default: empty.")
    private String export;

    @Option(names = "--description", paramLabel = "TEXT", defaultValue = "", description = "Description shown to clients.")
    private String description;

    @Option(names = "--read-only", description = "Refuse all modification; the files are opened for reading only.")
    private boolean readOnly;

    @Option(names = "--direct", description = "Read and write past the page cache (O_DIRECT). For data that would not stay in the cache"
            + " or must not take the place of what does; requests that are not multiples of the file system's block go through the cache.")
    private boolean direct;

    @Option(names = "--max-connections", paramLabel = "N", description = "Clients at one time. Default: ${DEFAULT-VALUE}",
            defaultValue = "1024")
    private int maxConnections;

    @Option(names = "--max-per-address", paramLabel = "N", defaultValue = "0",
            description = "Clients at one time from one network address; 0 sets no limit of its own. Default: ${DEFAULT-VALUE}")
    private int maxPerAddress;

    @Option(names = "--handshake-timeout", paramLabel = "SECONDS", defaultValue = "30",
            description = "A client that has not opened an export by then is disconnected. Default: ${DEFAULT-VALUE}")
    private int handshakeSeconds;

    @Option(names = "--idle-timeout", paramLabel = "SECONDS", defaultValue = "0",
            description = "A client that sends nothing for so long is disconnected; 0 never. Default: ${DEFAULT-VALUE}")
    private int idleSeconds;

    @Option(names = "--extensions", paramLabel = "on|off", defaultValue = "on",
            description = "Offer NetRAID's additions to the protocol to clients that ask for them. Default: ${DEFAULT-VALUE}")
    private String extensions;

    @Mixin
    private TlsOptions tls = new TlsOptions();

    private NbdServerMain() {
    }

    public static void main(String[] args) {
        // this command's log goes to standard error, whatever other configuration lies on the class path
        if (System.getProperty("logback.configurationFile") == null) {
            System.setProperty("logback.configurationFile", "org/netraid/nbd/server/cli/logback-nbd-server.xml");
        }
        int status = new CommandLine(new NbdServerMain())
                .setParameterExceptionHandler((e, given) -> fail(e.getMessage() + " (nbd-server --help tells more)", EXIT_USAGE))
                .setExecutionExceptionHandler((e, line, parsed) -> e instanceof UsageException
                        ? fail(e.getMessage() + " (nbd-server --help tells more)", EXIT_USAGE)
                        : fail(e instanceof ServerFailure ? e.getMessage() : "internal error: " + e, EXIT_FAILURE))
                .execute(args);
        System.exit(status);
    }

    @Override
    public Integer call() throws Exception {
        ServerProcess process = new ServerProcess(address(), tls.mark(exports()), limits(), tls.settings(ServerProcess::warn));
        process.offer(offeredExtensions());
        if (direct) {
            process.useDirectIo();
        }
        process.inherit(activation());
        process.run();
        return EXIT_FAILURE;
    }

    private InheritedSocket activation() throws ServerFailure {
        InheritedSocket socket = Activation.socket(System.getenv(), ProcessHandle.current().pid());
        if (socket != null && (unix != null || listen != null)) {
            throw new UsageException("started with a socket (LISTEN_FDS), which excludes --listen and --unix");
        }
        return socket;
    }

    private LinkAddress address() {
        if (unix != null && listen != null) {
            throw new UsageException("--listen and --unix exclude each other");
        }
        if (unix != null) {
            if (unix.isEmpty()) {
                throw new UsageException("--unix needs a path");
            }
            return LinkAddress.unix(unix);
        }
        try {
            return listen == null ? LinkAddress.tcp("127.0.0.1", NbdConstants.DEFAULT_PORT) : NbdUri.hostAndPort(listen);
        } catch (NbdFormatException e) {
            throw new UsageException("--listen " + listen + ": " + e.getMessage());
        }
    }

    private List<ExportSpec> exports() {
        List<ExportSpec> specs = new ArrayList<>();
        for (String file : files) {
            specs.add(ExportSpec.parse(file, description, readOnly));
        }
        if (export != null) {
            if (specs.size() > 1) {
                throw new UsageException("--export names one export, but there are " + specs.size() + " files; write NAME=FILE");
            }
            specs.set(0, specs.get(0).withName(export));
        }
        return specs;
    }

    private Set<Extension> offeredExtensions() {
        return switch (extensions) {
            case "on" -> Set.of(Extension.values());
            case "off" -> Set.of();
            default -> throw new UsageException("--extensions " + extensions + " is neither on nor off");
        };
    }

    private ServerLimits limits() {
        return ServerLimits.DEFAULT.withMaxConnections(inRange("--max-connections", maxConnections, 1, 1_000_000))
                .withMaxPerAddress(inRange("--max-per-address", maxPerAddress, 0, 1_000_000))
                .withHandshakeTimeout(TimeUnit.SECONDS.toNanos(inRange("--handshake-timeout", handshakeSeconds, 1, 3600)))
                .withIdleTimeout(TimeUnit.SECONDS.toNanos(inRange("--idle-timeout", idleSeconds, 0, 30 * 24 * 3600)));
    }

    private static int inRange(String option, int value, int min, int max) {
        if (value < min || value > max) {
            throw new UsageException(option + " " + value + " is not in " + min + " to " + max);
        }
        return value;
    }

    private static int fail(String message, int status) {
        System.err.println("nbd-server: " + message.lines().findFirst().orElse(""));
        return status;
    }
}
