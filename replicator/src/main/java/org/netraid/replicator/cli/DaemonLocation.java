/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.netraid.replicator.config.ClusterConfig;
import org.netraid.replicator.config.NodeConfig;
import org.netraid.replicator.io.ConfigException;
import org.netraid.replicator.io.ConfigParser;
import org.netraid.replicator.io.ControlServer;
import org.netraid.replicator.io.Suggestions;

/**
 * Where the daemon of this system listens: {@code --socket}, else the control socket in the state folder of a node of the
 * configuration file. Which node: {@code --node}, NETRAID_NODE, the one with this system's host name, or the only one whose socket is here.
 */
final class DaemonLocation {

    static final Set<String> OPTIONS = Set.of("--config", "--node", "--socket");
    private static final String DEFAULT_CONFIG = "/etc/netraid/netraid.toml";

    private DaemonLocation() {
    }

    static Path find(Arguments arguments, Map<String, String> environment) throws UsageException {
        if (arguments.has("--socket")) {
            return Path.of(arguments.value("--socket"));
        }
        String file = first(arguments.value("--config"), environment.get("NETRAID_CONFIG"), DEFAULT_CONFIG);
        ClusterConfig config;
        try {
            config = ConfigParser.read(Path.of(file));
        } catch (ConfigException e) {
            throw new UsageException(e.getMessage() + (arguments.has("--config") || environment.containsKey("NETRAID_CONFIG") ? ""
                    : " (name the configuration with --config or NETRAID_CONFIG, or the socket with --socket)"));
        }
        return Path.of(node(config, first(arguments.value("--node"), environment.get("NETRAID_NODE"), null)).stateFolder(),
                ControlServer.SOCKET_NAME);
    }

    private static NodeConfig node(ClusterConfig config, String name) throws UsageException {
        List<String> names = config.nodes().stream().map(NodeConfig::name).toList();
        if (name != null) {
            return config.node(name).orElseThrow(() -> new UsageException("there is no node \"" + name + "\" in the configuration"
                    + Suggestions.didYouMean(name, names) + "; its nodes are " + String.join(", ", names)));
        }
        NodeConfig own = config.node(hostName()).orElse(null);
        if (own != null) {
            return own;
        }
        List<NodeConfig> running = config.nodes().stream()
                .filter(node -> Files.exists(Path.of(node.stateFolder(), ControlServer.SOCKET_NAME))).toList();
        if (running.size() == 1) {
            return running.get(0);
        }
        throw new UsageException("which node is this? Give --node or NETRAID_NODE; the nodes are " + String.join(", ", names));
    }

    private static String hostName() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).trim();
        } catch (IOException e) {
            return "";
        }
    }

    private static String first(String a, String b, String c) {
        return a != null ? a : b != null && !b.isEmpty() ? b : c;
    }
}
