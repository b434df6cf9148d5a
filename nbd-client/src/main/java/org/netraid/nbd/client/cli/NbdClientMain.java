/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client.cli;

import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.JdkLoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** Entry point of {@code bin/nbd-client}. */
@Command(name = "nbd-client", mixinStandardHelpOptions = true, version = "nbd-client 0.1.0",
        description = "Looks at, copies, reads, writes and attaches exports of any NBD server.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"",
            "A URI is nbd://HOST[:PORT]/EXPORT or nbd+unix:///EXPORT?socket=PATH; with TLS nbds:// or nbds+unix://,",
            "and tls-certificates=DIR, tls-hostname=NAME, tls-verify-peer=BOOL as parameters.",
            "Sizes and offsets take suffixes: 4k, 1M, 1G, 1T.",
            "Exit codes: 0 done; 1 failed, or compare found a difference; 2 wrong usage; 3 compare failed."},
        subcommands = {InfoCommand.class, ListCommand.class, MapCommand.class, CopyCommand.class, ReadCommand.class,
            WriteCommand.class, CompareCommand.class, AttachCommand.class, DetachCommand.class})
public final class NbdClientMain implements Runnable {

    static final int FAILED = 1;
    static final int USAGE = 2;

    @Spec
    private CommandSpec spec;

    private NbdClientMain() {
    }

    public static void main(String[] args) {
        System.exit(run(args));
    }

    /** The whole command without the end of the process. @return exit code */
    public static int run(String... args) {
        // no logging framework on a command's path: it would cost start-up time and could write between our lines
        InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE);
        return new CommandLine(new NbdClientMain())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((e, line, parsed) -> {
                    complain(line, e instanceof CliFailure ? e.getMessage() : "internal error: " + e);
                    return FAILED;
                })
                .setParameterExceptionHandler((e, unused) -> {
                    complain(e.getCommandLine(), usageError(e)
                            + " (see: " + e.getCommandLine().getCommandSpec().qualifiedName() + " --help)");
                    return USAGE;
                })
                .execute(args);
    }

    private static String usageError(ParameterException e) {
        if (e instanceof UnmatchedArgumentException unmatched && e.getCommandLine().getParent() == null) {
            return "unknown command or option " + unmatched.getUnmatched().get(0);
        }
        return e.getMessage().lines().findFirst().orElse("wrong usage");
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "which command?");
    }

    private static void complain(CommandLine line, String message) {
        line.getErr().println("nbd-client: " + message);
        line.getErr().flush();
    }
}
