/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.daemon;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.netraid.link.LinkTls;
import org.netraid.link.io.NettyTls;
import org.netraid.link.io.TlsException;
import org.netraid.nbd.client.io.UriTls;
import org.netraid.nbd.server.ServerTls;
import org.netraid.nbd.wire.NbdUri;
import org.netraid.replicator.config.ClusterConfig;
import org.netraid.replicator.config.MemberConfig;
import org.netraid.replicator.config.MirrorConfig;
import org.netraid.replicator.config.NodeConfig;
import org.netraid.replicator.config.TlsSettings;
import org.netraid.replicator.node.NodeTls;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The certificates of a daemon, all read before it starts: a folder that cannot be used must not be found out at a failover. */
final class DaemonTls implements NodeTls {

    private static final Logger LOG = LoggerFactory.getLogger("org.netraid.replicator.Tls");

    private final Map<String, LinkTls> nodes = new LinkedHashMap<>();
    private final Map<NbdUri, LinkTls> servers = new LinkedHashMap<>();
    private LinkTls fromNodes;
    private ServerTls exports = ServerTls.OFF;

    private DaemonTls() {
    }

    /** Reads what the node needs. */
    static DaemonTls load(ClusterConfig config, NodeConfig self) throws DaemonFailure {
        DaemonTls tls = new DaemonTls();
        try {
            if (config.tls() != null) {
                tls.loadCluster(config, self, config.tls());
            }
            Path folder = config.tls() == null ? null : Path.of(config.tls().certificates());
            for (MirrorConfig mirror : config.mirrorsOf(self.name())) {
                for (MemberConfig member : mirror.members()) {
                    tls.loadServer(member, folder);
                }
            }
        } catch (TlsException e) {
            throw new DaemonFailure("TLS: " + e.getMessage());
        }
        return tls;
    }

    private void loadCluster(ClusterConfig config, NodeConfig self, TlsSettings settings) throws TlsException {
        Path folder = Path.of(settings.certificates());
        fromNodes = NettyTls.server(folder, true, DaemonTls::warn);
        for (NodeConfig node : config.nodes()) {
            if (!node.name().equals(self.name())) {
                nodes.put(node.name(), NettyTls.client(folder, node.tlsHostName(), true, DaemonTls::warn));
            }
        }
        if (settings.exports() != TlsSettings.Exports.OFF) {
            exports = new ServerTls(settings.exports() == TlsSettings.Exports.ON ? ServerTls.Mode.ON : ServerTls.Mode.REQUIRE,
                    settings.verifyPeer() ? fromNodes : NettyTls.server(folder, false, DaemonTls::warn));
        }
    }

    private void loadServer(MemberConfig member, Path folder) throws TlsException {
        if (member.isForeign()) {
            NbdUri uri = NbdUri.parse(member.uri());
            servers.put(uri, UriTls.of(uri, folder, DaemonTls::warn));
        }
    }

    private static void warn(String sentence) {
        LOG.warn("{}", sentence);
    }

    @Override
    public LinkTls fromNodes() {
        return fromNodes;
    }

    @Override
    public LinkTls toNode(String node) {
        return nodes.get(node);
    }

    @Override
    public ServerTls exports() {
        return exports;
    }

    @Override
    public LinkTls toServer(NbdUri uri) {
        return servers.get(uri);
    }
}
