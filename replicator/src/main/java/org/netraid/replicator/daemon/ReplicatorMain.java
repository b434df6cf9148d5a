/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.daemon;

import java.nio.file.Path;
import java.security.Security;
import java.util.List;
import java.util.Set;
import org.netraid.replicator.cli.Arguments;
import org.netraid.replicator.cli.UsageException;
import org.netraid.replicator.config.ClusterConfig;
import org.netraid.replicator.config.NodeConfig;
import org.netraid.replicator.io.ConfigException;
import org.netraid.replicator.io.ConfigParser;
import org.netraid.replicator.io.SecretFile;
import org.netraid.replicator.io.Suggestions;

/** {@code replicator --config FILE --node NAME [--check]}: the daemon of one node. */
public final class ReplicatorMain {

    private static final String USAGE = """
            usage: replicator --config FILE --node NAME [--check]

              --config FILE   the cluster's configuration (environment: NETRAID_CONFIG)
              --node NAME     which of its nodes this is (environment: NETRAID_NODE)
              --check         read the configuration, the secret and the sizes of this node's disks; change nothing

            Prints one line "ready ..." when it serves; SIGTERM or SIGINT end it in order.
            exit status: 0 ended by a signal in order, or checked and well; 1 anything else, with the reason on standard error
            """;

    private ReplicatorMain() {
    }

    public static void main(String[] arguments) {
        // a node that comes back with another address is found by its name at the next attempt or two
        Security.setProperty("networkaddress.cache.ttl", "5");
        Security.setProperty("networkaddress.cache.negative.ttl", "1");
        int status = 1;
        try {
            status = run(arguments);
        } catch (UsageException | ConfigException | DaemonFailure e) {
            System.err.println("replicator: " + e.getMessage());
        } catch (InterruptedException e) {
            System.err.println("replicator: interrupted");
        }
        System.out.flush();
        // Daemon threads may be anywhere; what is durable is so already.
        Runtime.getRuntime().halt(status);
    }

    private static int run(String[] arguments) throws UsageException, ConfigException, DaemonFailure, InterruptedException {
        Arguments parsed = Arguments.parse(arguments, Set.of("--check", "--help"), Set.of("--config", "--node"), Set.of());
        if (parsed.has("--help")) {
            System.out.print(USAGE);
            return 0;
        }
        if (!parsed.words().isEmpty()) {
            throw new UsageException("unexpected word \"" + parsed.words().get(0) + "\"; replicator --help shows the usage");
        }
        Path file = Path.of(required(parsed, "--config", "NETRAID_CONFIG"));
        ClusterConfig config = ConfigParser.read(file);
        NodeConfig node = node(config, required(parsed, "--node", "NETRAID_NODE"));
        byte[] secret = SecretFile.read(Path.of(config.secretFile()));
        DiskChecks.check(config, node);
        DaemonTls tls = DaemonTls.load(config, node);
        if (parsed.has("--check")) {
            System.out.println(file + ": all is well for node " + node.name() + ": " + config.mirrorsOf(node.name()).size() + " of "
                    + config.mirrors().size() + " mirrors");
            return 0;
        }
        ClusterConfig filled = new AutoPorts(Path.of("/etc/services")).resolve(config, node.name());
        new DaemonProcess(filled, filled.node(node.name()).orElseThrow(), secret, tls).run();
        return 0;
    }

    private static String required(Arguments parsed, String option, String variable) throws UsageException {
        String value = parsed.value(option);
        if (value == null || value.isEmpty()) {
            value = System.getenv(variable);
        }
        if (value == null || value.isEmpty()) {
            throw new UsageException(option + " is missing; replicator --help shows the usage");
        }
        return value;
    }

    private static NodeConfig node(ClusterConfig config, String name) throws UsageException {
        List<String> names = config.nodes().stream().map(NodeConfig::name).toList();
        return config.node(name).orElseThrow(() -> new UsageException("there is no node \"" + name + "\" in the configuration"
                + Suggestions.didYouMean(name, names) + "; its nodes are " + String.join(", ", names)));
    }
}
