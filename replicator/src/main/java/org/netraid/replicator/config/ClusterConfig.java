/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

import java.util.List;
import java.util.Optional;

/**
 * One cluster, the same on every node.
 *
 * @param name tells clusters apart on the peer channel
 * @param secretFile path of the file whose content authenticates the nodes to each other; the shell reads it
 * @param nodes in the order of the file; targets without a daemon (foreign members) are not among them
 * @param mirrors in the order of the file
 * @param peers settings of the channel between nodes
 * @param server settings of every NBD listener
 * @param tls encryption; null for none
 * @param daemon what all mirrors of a daemon share
 */
public record ClusterConfig(String name, String secretFile, List<NodeConfig> nodes, List<MirrorConfig> mirrors,
        PeerSettings peers, NbdServerSettings server, TlsSettings tls, DaemonSettings daemon) {

    public ClusterConfig {
        Checks.name("cluster name", name);
        if (secretFile == null || secretFile.isEmpty()) {
            throw new IllegalArgumentException("the cluster has no secret_file");
        }
        nodes = List.copyOf(nodes);
        mirrors = List.copyOf(mirrors);
        Checks.unique("node", nodes.stream().map(NodeConfig::name).toList());
        Checks.unique("mirror", mirrors.stream().map(MirrorConfig::tag).toList());
        for (MirrorConfig mirror : mirrors) {
            String tieBreaker = mirror.failover().quorum().tieBreaker();
            if (!tieBreaker.isEmpty() && (mirror.member(tieBreaker).isPresent()
                    || nodes.stream().noneMatch(node -> node.name().equals(tieBreaker)))) {
                throw new IllegalArgumentException("mirror " + mirror.tag() + ": tie_breaker " + tieBreaker
                        + " must be one of the nodes, and none of the members");
            }
            for (MemberConfig member : mirror.members()) {
                boolean known = nodes.stream().anyMatch(node -> node.name().equals(member.node()));
                if (known == member.isForeign()) {
                    throw new IllegalArgumentException("mirror " + mirror.tag() + ": member " + member.node() + (known
                            ? " has a uri, but [nodes." + member.node() + "] runs a daemon"
                            : " is not among the nodes"));
                }
            }
        }
    }

    /** A cluster without TLS, whose daemons have the default settings. */
    public ClusterConfig(String name, String secretFile, List<NodeConfig> nodes, List<MirrorConfig> mirrors, PeerSettings peers,
            NbdServerSettings server) {
        this(name, secretFile, nodes, mirrors, peers, server, null, DaemonSettings.DEFAULT);
    }

    /** The same cluster with other nodes and mirrors. */
    public ClusterConfig with(List<NodeConfig> otherNodes, List<MirrorConfig> otherMirrors) {
        return new ClusterConfig(name, secretFile, otherNodes, otherMirrors, peers, server, tls, daemon);
    }

    public Optional<NodeConfig> node(String nodeName) {
        return nodes.stream().filter(node -> node.name().equals(nodeName)).findFirst();
    }

    public Optional<MirrorConfig> mirror(String tag) {
        return mirrors.stream().filter(mirror -> mirror.tag().equals(tag)).findFirst();
    }

    /** Mirrors that have a member on the node. */
    public List<MirrorConfig> mirrorsOf(String nodeName) {
        return mirrors.stream().filter(mirror -> mirror.member(nodeName).isPresent()).toList();
    }
}
