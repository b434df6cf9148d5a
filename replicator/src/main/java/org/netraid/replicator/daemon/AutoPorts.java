/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.daemon;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.netraid.link.LinkAddress;
import org.netraid.replicator.config.ClusterConfig;
import org.netraid.replicator.config.MemberConfig;
import org.netraid.replicator.config.MirrorConfig;
import org.netraid.replicator.config.NodeConfig;
import org.netraid.replicator.config.Ports;

/** Gives this node's addresses with the port {@code auto} a port that is in nobody's use now. */
final class AutoPorts {

    private static final Pattern SERVICE = Pattern.compile("^[^#\\s]+\\s+(\\d+)/tcp.*");

    private final Path services;
    private final TreeSet<Integer> taken = new TreeSet<>();

    /** @param services usually /etc/services; need not exist */
    AutoPorts(Path services) {
        this.services = services;
    }

    /** The configuration with this node's ports filled in. */
    ClusterConfig resolve(ClusterConfig config, String node) throws DaemonFailure {
        readServices();
        config.node(node).map(NodeConfig::address).ifPresent(this::reserve);
        config.node(node).map(NodeConfig::nbd).ifPresent(this::reserve);
        config.mirrorsOf(node).forEach(mirror -> reserve(mirror.member(node).orElseThrow().export()));
        List<NodeConfig> nodes = new ArrayList<>();
        for (NodeConfig each : config.nodes()) {
            nodes.add(each.name().equals(node) ? each.withNbd(filled(each.nbd(), 0)) : each);
        }
        List<MirrorConfig> mirrors = new ArrayList<>();
        for (int number = 0; number < config.mirrors().size(); number++) {
            MirrorConfig mirror = config.mirrors().get(number);
            List<MemberConfig> members = new ArrayList<>();
            for (MemberConfig member : mirror.members()) {
                members.add(member.node().equals(node) ? member.withExport(filled(member.export(), number)) : member);
            }
            mirrors.add(mirror.withMembers(members));
        }
        return config.with(nodes, mirrors);
    }

    private void reserve(LinkAddress address) {
        if (address != null && !address.isUnix() && address.port() != 0) {
            taken.add(address.port());
        }
    }

    private LinkAddress filled(LinkAddress address, int mirror) throws DaemonFailure {
        if (address == null || address.isUnix() || address.port() != 0) {
            return address;
        }
        int port = Ports.choose(mirror, candidate -> taken.contains(candidate) || isInUse(address.host(), candidate));
        if (port < 0) {
            throw new DaemonFailure("no port is free for " + address.host() + ":auto: 10001 + " + mirror + " + 256 i are all in "
                    + "/etc/services or in use; give a port in the configuration");
        }
        taken.add(port);
        return LinkAddress.tcp(address.host(), port);
    }

    private static boolean isInUse(String host, int port) {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(host, port));
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    private void readServices() throws DaemonFailure {
        if (!Files.isReadable(services)) {
            return;
        }
        try {
            for (String line : Files.readAllLines(services, StandardCharsets.ISO_8859_1)) {
                Matcher service = SERVICE.matcher(line);
                if (service.matches() && service.group(1).length() <= 5) {
                    taken.add(Integer.parseInt(service.group(1)));
                }
            }
        } catch (IOException e) {
            throw new DaemonFailure(services + " cannot be read: " + e.getMessage());
        }
    }
}
