/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.io;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.netraid.link.LinkAddress;
import org.netraid.nbd.wire.NbdFormatException;
import org.netraid.nbd.wire.NbdUri;
import org.netraid.nbd.wire.Compression;
import org.netraid.replicator.config.IntentLogSettings;
import org.netraid.replicator.config.MemberConfig;
import org.netraid.replicator.config.MirrorConfig;
import org.netraid.replicator.config.Names;
import org.netraid.replicator.config.NodeConfig;
import org.netraid.replicator.config.QuorumSettings;
import org.netraid.replicator.config.Tags;
import org.netraid.replicator.config.UpkeepSettings;
import org.netraid.replicator.io.SettingsReader.MirrorSettings;

/** Reads the {@code [mirrors.TAG]} tables and holds them against each other: no disk, socket or system is used twice. */
final class MirrorReader {

    private final UnaryOperator<String> path;
    private final List<NodeConfig> nodes;
    private final MirrorSettings defaults;
    private final List<String> usedDisks = new ArrayList<>();
    private final List<String> usedExports = new ArrayList<>();

    MirrorReader(UnaryOperator<String> path, List<NodeConfig> nodes, MirrorSettings defaults) {
        this.path = path;
        this.nodes = nodes;
        this.defaults = defaults;
    }

    List<MirrorConfig> read(TomlSection top) throws ConfigException {
        List<MirrorConfig> mirrors = new ArrayList<>();
        TomlSection table = top.section("mirrors", "[mirrors]");
        if (table == null) {
            return mirrors;
        }
        for (String tag : table.keys()) {
            String fault = Tags.fault(tag);
            if (fault != null) {
                throw table.error(tag, fault);
            }
            mirrors.add(mirror(tag, table.section(tag, "[mirrors." + tag + "]")));
        }
        return mirrors;
    }

    private MirrorConfig mirror(String tag, TomlSection section) throws ConfigException {
        long size = section.bytes("size", 0, 512, Long.MAX_VALUE);
        if (size % 512 != 0) {
            throw section.error("size", "size " + size + " is not a multiple of 512 bytes");
        }
        String protocol = protocol(section, "C");
        TomlSection timeouts = ConfigParser.sectionOrEmpty(section, "timeouts", "[mirrors." + tag + ".timeouts]");
        TomlSection limits = ConfigParser.sectionOrEmpty(section, "limits", "[mirrors." + tag + ".limits]");
        MirrorSettings settings = SettingsReader.readMirror(timeouts, limits, defaults);
        timeouts.end();
        limits.end();
        IntentLogSettings log = SettingsReader.readIntentLog(section, settings.intentLog());

        UpkeepSettings upkeep = UpkeepReader.read(section);
        QuorumSettings quorum = QuorumReader.read(section, settings.failover().quorum());
        List<TomlSection> sections = section.sections("members", "[mirrors." + tag + ".members]");
        List<MemberConfig> members = members(tag, section, sections, protocol);
        section.end();
        return section.checked(null, () -> new MirrorConfig(tag, size, protocol, members, log, settings.targets(),
                settings.resync(), settings.failover().withQuorum(quorum), upkeep));
    }

    private static String protocol(TomlSection section, String otherwise) throws ConfigException {
        String protocol = section.string("protocol", otherwise);
        if (!protocol.equals("A") && !protocol.equals("B") && !protocol.equals("C")) {
            throw section.error("protocol", "protocol is \"" + protocol + "\"; \"A\" (asynchronous), \"B\" (received by the target) "
                    + "and \"C\" (written by the target) are allowed");
        }
        return protocol;
    }

    private List<MemberConfig> members(String tag, TomlSection mirror, List<TomlSection> sections, String protocol)
            throws ConfigException {
        if (sections.isEmpty()) {
            throw mirror.error("members", "no member: write [[mirrors." + tag + ".members]] for each copy");
        }
        List<MemberConfig> members = new ArrayList<>();
        for (TomlSection section : sections) {
            if (members.size() == MirrorConfig.MAX_MEMBERS) {
                throw section.error(null, "the mirror has more than 8 members; one source and up to 7 targets are allowed");
            }
            MemberConfig member = member(tag, section, members.size()).withProtocol(protocol(section, protocol));
            for (MemberConfig other : members) {
                if (other.node().equals(member.node())) {
                    throw section.error("node", "node " + member.node() + " has a member already; the copies of a mirror must be on "
                            + "different systems");
                }
                if (other.priority() == member.priority() && !member.isForeign()) {
                    throw section.error("priority", "priority " + member.priority() + " is also that of " + other.node()
                            + "; each member needs its own, the lowest takes over first");
                }
            }
            members.add(member);
            section.end();
        }
        if (members.stream().allMatch(MemberConfig::isForeign)) {
            throw mirror.error("members", "no member has a disk; one node with a daemon must be able to be the source");
        }
        return members;
    }

    private MemberConfig member(String tag, TomlSection section, int index) throws ConfigException {
        String nodeName = section.string("node");
        NodeConfig node = nodes.stream().filter(candidate -> candidate.name().equals(nodeName)).findFirst().orElse(null);
        if (section.has("uri")) {
            return foreign(section, nodeName, node);
        }
        if (node == null) {
            throw section.error("node", "there is no [nodes." + nodeName + "]"
                    + Suggestions.didYouMean(nodeName, nodes.stream().map(NodeConfig::name).toList())
                    + "; a member without a daemon needs uri = \"nbd://...\"");
        }
        String disk = path.apply(section.string("disk"));
        refuseReuse(section, "disk", nodeName + ":" + disk, disk, usedDisks);
        long priority = section.integer("priority", index == 0 ? 1 : index * 10L, 0, 1_000_000);
        LinkAddress export = export(tag, section, node);
        if (export.isUnix() || export.port() != 0) {
            refuseReuse(section, "export", nodeName + ":" + export, export.toString(), usedExports);
        }
        if (export.equals(node.address()) || export.equals(node.nbd()) && (export.isUnix() || export.port() != 0)) {
            throw section.error("export", "export " + export + " is node " + nodeName + "'s own address or nbd");
        }
        Compression compression = Compression.parse(section.word("compression", "off"));
        if (compression == null) {
            throw section.error("compression", "compression is \"" + section.word("compression", "")
                    + "\"; off, fast, high and 0 to 9 are allowed");
        }
        MemberConfig member = MemberConfig.of(nodeName, disk, (int) priority, export).withCompression(compression);
        if (!section.has("undo_journal")) {
            return member;
        }
        String journal = path.apply(section.string("undo_journal"));
        refuseReuse(section, "undo_journal", nodeName + ":" + journal, journal, usedDisks);
        return member.withUndoJournal(journal);
    }

    private MemberConfig foreign(TomlSection section, String nodeName, NodeConfig node) throws ConfigException {
        String uri = section.string("uri");
        if (node != null) {
            throw section.error("uri", "node " + nodeName + " runs a daemon; give the member a disk, not a uri");
        }
        for (String key : new String[] {"disk", "export", "priority", "undo_journal", "compression"}) {
            if (section.has(key)) {
                throw section.error(key, key + " has no meaning for a member with a uri: a plain NBD server can only be a target");
            }
        }
        String fault = Names.fault(nodeName);
        if (fault != null) {
            throw section.error("node", fault);
        }
        return MemberConfig.foreign(nodeName, usable(section, uri)).withConnections((int) section.integer("connections", 1, 1, 64));
    }

    /** With the folder of certificates, if it names one, counted from the configuration's. */
    private String usable(TomlSection section, String text) throws ConfigException {
        try {
            NbdUri uri = NbdUri.parse(text);
            NbdUri.Tls tls = uri.tls();
            return tls == null || tls.certificates().isEmpty() ? text : new NbdUri(uri.address(), uri.exportName(),
                    new NbdUri.Tls(path.apply(tls.certificates()), tls.hostName(), tls.verifyPeer())).toString();
        } catch (NbdFormatException e) {
            throw section.error("uri", e.getMessage());
        }
    }

    private LinkAddress export(String tag, TomlSection section, NodeConfig node) throws ConfigException {
        String text = section.string("export", "unix:" + node.stateFolder() + "/" + tag + ".nbd");
        return text.startsWith("unix:")
                ? Addresses.unix(section, "export", path.apply(text.substring("unix:".length())))
                : Addresses.tcpOrAuto(section, "export", text);
    }

    private static void refuseReuse(TomlSection section, String key, String identity, String shown, List<String> used)
            throws ConfigException {
        if (used.contains(identity)) {
            throw section.error(key, key + " " + shown + " is used by another mirror on the same node");
        }
        used.add(identity);
    }
}
