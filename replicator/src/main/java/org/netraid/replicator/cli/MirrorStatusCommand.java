/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.cli;

import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.netraid.replicator.config.Tags;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorStatus;
import org.netraid.replicator.control.NodeStatus;
import org.netraid.replicator.control.PeerStatus;
import org.netraid.replicator.io.ControlClient;
import org.netraid.replicator.io.ControlException;
import org.netraid.replicator.io.RecordJson;

/** {@code mirror_status [<tag>] [--json] [--watch]}. */
public final class MirrorStatusCommand {

    private static final Set<String> FLAGS = Set.of("--json", "--watch", "--help");
    private static final Set<String> VALUED = Set.of("--config", "--node", "--socket", "--interval");
    private static final Set<String> OPTIONAL = Set.of("--until-sync");
    private static final long TIMEOUT_NS = 30_000_000_000L;

    static final String USAGE = """
            usage: mirror_status [<tag>] [options]

              --json                      as JSON (the fields are in docs/commands.md)
              --watch                     follow it: a progress bar per target on a terminal, a line per change otherwise; Ctrl-C ends
              --until-sync[=SECONDS]      with --watch: end when every target is in sync
              --interval SECONDS          with --watch: how often to look (0.2)
              --config FILE, --node NAME  which daemon (environment: NETRAID_CONFIG, NETRAID_NODE); or
              --socket PATH               its control socket

            exit status: 0 in sync, 10 resyncing, 11 paused, 12 out of sync or waiting, 13 split brain or blocked, 2 no such mirror,
              1 usage, 4 no daemon, 7 not in sync in time
            """;

    private MirrorStatusCommand() {
    }

    public static void main(String[] arguments) {
        System.exit(run(arguments, System.getenv(), System.out, System.err));
    }

    static int run(String[] arguments, Map<String, String> environment, PrintStream out, PrintStream err) {
        try {
            Arguments parsed = Arguments.parse(arguments, FLAGS, VALUED, OPTIONAL);
            if (parsed.has("--help")) {
                out.print(USAGE);
                return ExitCode.DONE.status();
            }
            if (parsed.words().size() > 1) {
                throw new UsageException("one tag at most; mirror_status --help shows the usage");
            }
            if (parsed.has("--until-sync") && !parsed.has("--watch")) {
                throw new UsageException("--until-sync belongs to --watch");
            }
            String tag = parsed.words().isEmpty() ? null : checkedTag(parsed.words().get(0));
            ControlClient client = new ControlClient(DaemonLocation.find(parsed, environment), TIMEOUT_NS);
            if (parsed.has("--watch")) {
                int columns = columns(environment.getOrDefault("NETRAID_TERMINAL", ""));
                double seconds = parsed.has("--until-sync") ? parsed.seconds("--until-sync", Double.MAX_VALUE) : -1;
                return new StatusWatch(client, tag, out, columns, parsed.seconds("--interval", 0.2)).run(seconds);
            }
            return parsed.has("--json") ? printJson(client, tag, out) : printText(client, tag, out);
        } catch (UsageException e) {
            err.println("mirror_status: " + ExitCode.USAGE + " " + e.getMessage());
            return ExitCode.USAGE.status();
        } catch (ControlException e) {
            err.println("mirror_status: " + e.code() + " " + e.getMessage());
            return e.code().status();
        }
    }

    private static String checkedTag(String tag) throws UsageException {
        String fault = Tags.fault(tag);
        if (fault != null) {
            throw new UsageException(fault);
        }
        return tag;
    }

    private static int printJson(ControlClient client, String tag, PrintStream out) throws ControlException {
        if (tag != null) {
            MirrorStatus status = client.status(tag);
            out.println(RecordJson.write(status, true));
            return StatusExit.of(status).status();
        }
        NodeStatus node = client.status();
        out.println(RecordJson.write(node, true));
        return worst(node.mirrors());
    }

    private static int printText(ControlClient client, String tag, PrintStream out) throws ControlException {
        if (tag != null) {
            MirrorStatus status = client.status(tag);
            StatusText.of(status).forEach(out::println);
            return StatusExit.of(status).status();
        }
        NodeStatus node = client.status();
        out.println("Node " + node.node() + ": peers at " + orDash(node.peerAddress()) + ", disks at " + orDash(node.nbdAddress()));
        for (PeerStatus peer : node.peers()) {
            out.println("        Peer " + peer.node() + " (" + peer.address() + "): " + (peer.connected() ? "connected"
                    : "not connected" + (peer.lastError().isEmpty() ? "" : ", " + peer.lastError())));
        }
        for (MirrorStatus mirror : node.mirrors()) {
            out.println();
            StatusText.of(mirror).forEach(out::println);
        }
        return worst(node.mirrors());
    }

    private static int worst(List<MirrorStatus> mirrors) {
        return mirrors.stream().map(StatusExit::of).reduce(StatusExit.IN_SYNC, StatusExit::worse).status();
    }

    private static String orDash(String text) {
        return text.isEmpty() ? "-" : text;
    }

    /** @param text what the launcher says of the terminal: its columns, or something else where it cannot tell; "" if there is none */
    private static int columns(String text) {
        if (text.isEmpty()) {
            return 0;
        }
        return text.matches("[1-9][0-9]{0,3}") ? Math.max(20, Integer.parseInt(text)) : 80;
    }
}
