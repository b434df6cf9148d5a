/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

import org.netraid.link.LinkAddress;
import org.netraid.nbd.wire.Compression;

/**
 * One copy of a mirror.
 *
 * @param node the system that holds it
 * @param disk path of the file or block device there; null for a foreign member
 * @param priority order of takeover, lowest first (DataKeeper's 1, 10, 20)
 * @param export where this node serves the mirrored device to the application while it is the source; null for a foreign member
 * @param uri NBD URI of a plain NBD server without a daemon, which can only ever be a target; null for an ordinary member
 * @param undoJournal path there of a file or block device for what a resync overwrites; null: a file in the state folder
 * @param compression what a source does to the payload of writes on their way to this member
 * @param protocol "A", "B" or "C": when a write counts as done where this member is a target
 * @param connections to a foreign member whose server allows several; 1 for an ordinary one
 */
public record MemberConfig(String node, String disk, int priority, LinkAddress export, String uri, String undoJournal,
        Compression compression, String protocol, int connections) {

    public MemberConfig {
        Checks.name("member's node name", node);
        boolean ordinary = disk != null && export != null;
        if (ordinary == (uri != null)) {
            throw new IllegalArgumentException("member " + node + " needs either disk and export, or uri");
        }
        Checks.protocol("member " + node, protocol);
        if (priority < 0) {
            throw new IllegalArgumentException("member " + node + ": priority " + priority + " is negative");
        }
        Checks.range("connections", connections, 1, ordinary ? 1 : 64);
    }

    /** A member that keeps its undo journal in the state folder. */
    public MemberConfig(String node, String disk, int priority, LinkAddress export, String uri) {
        this(node, disk, priority, export, uri, null, Compression.OFF, "C", 1);
    }

    public MemberConfig withUndoJournal(String path) {
        return new MemberConfig(node, disk, priority, export, uri, path, compression, protocol, connections);
    }

    public MemberConfig withExport(LinkAddress value) {
        return new MemberConfig(node, disk, priority, value, uri, undoJournal, compression, protocol, connections);
    }

    /** A member with a daemon. */
    public static MemberConfig of(String node, String disk, int priority, LinkAddress export) {
        return new MemberConfig(node, disk, priority, export, null);
    }

    /** A plain NBD server as target. */
    public static MemberConfig foreign(String node, String uri) {
        return new MemberConfig(node, null, Integer.MAX_VALUE, null, uri);
    }

    public MemberConfig withCompression(Compression wanted) {
        return new MemberConfig(node, disk, priority, export, uri, undoJournal, wanted, protocol, connections);
    }

    /** The same with another protocol: when a write counts as done where this member is a target. */
    public MemberConfig withProtocol(String value) {
        return new MemberConfig(node, disk, priority, export, uri, undoJournal, compression, value, connections);
    }

    /** A foreign member that is reached over several connections, where its server allows it. */
    public MemberConfig withConnections(int count) {
        return new MemberConfig(node, disk, priority, export, uri, undoJournal, compression, protocol, count);
    }

    /** True for a plain NBD server: it keeps no flags, can never be source, and is told nothing but NBD. */
    public boolean isForeign() {
        return uri != null;
    }
}
