/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.io;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.netraid.replicator.config.ClusterConfig;
import org.netraid.replicator.config.DaemonSettings;
import org.netraid.replicator.config.MirrorConfig;
import org.netraid.replicator.config.Names;
import org.netraid.replicator.config.NodeConfig;
import org.netraid.replicator.config.TlsSettings;
import org.netraid.link.LinkAddress;
import org.netraid.replicator.io.SettingsReader.MirrorSettings;
import org.tomlj.Toml;
import org.tomlj.TomlParseError;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlPosition;

/**
 * Turns the TOML file that all nodes share into a {@link ClusterConfig}, or says at which line and column it is wrong. Relative paths in it
 * count from the folder of the file. Nothing but the file is looked at: whether disks exist is the daemon's business.
 */
public final class ConfigParser {

    /** A configuration file is a page, not a database. */
    static final int MAX_FILE_BYTES = 1 << 20;

    private final String file;
    private final Path folder;

    private ConfigParser(String file, Path folder) {
        this.file = file;
        this.folder = folder;
    }

    public static ClusterConfig read(Path path) throws ConfigException {
        String text;
        try {
            if (Files.size(path) > MAX_FILE_BYTES) {
                throw new ConfigException(path + ": larger than " + Units.ofBytes(MAX_FILE_BYTES) + "; is this the configuration?");
            }
            text = Files.readString(path, StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            throw new ConfigException(path + ": there is no such file");
        } catch (IOException e) {
            throw new ConfigException(path + ": cannot be read: " + reason(e));
        }
        Path folder = path.toAbsolutePath().getParent();
        return parse(path.toString(), text, folder == null ? Path.of("/") : folder);
    }

    /**
     * @param file name for messages
     * @param folder where relative paths start
     */
    public static ClusterConfig parse(String file, String text, Path folder) throws ConfigException {
        TomlParseResult toml = Toml.parse(text);
        if (toml.hasErrors()) {
            TomlParseError first = toml.errors().get(0);
            TomlPosition at = first.position();
            throw ConfigException.at(file, at.line(), at.column(), "not TOML: " + first.getMessage().lines().findFirst().orElse("?"));
        }
        return new ConfigParser(file, folder).cluster(new TomlSection(file, "top level", toml, TomlPosition.positionAt(1, 1)));
    }

    private ClusterConfig cluster(TomlSection top) throws ConfigException {
        TomlSection cluster = top.section("cluster", "[cluster]");
        if (cluster == null) {
            throw top.error(null, "the table [cluster] is missing");
        }
        String name = named(cluster, "name", cluster.string("name"));
        String secretFile = path(cluster.string("secret_file"));
        cluster.end();
        List<NodeConfig> nodes = nodes(top);

        TomlSection timeouts = sectionOrEmpty(top, "timeouts", "[timeouts]");
        TomlSection limits = sectionOrEmpty(top, "limits", "[limits]");
        var peers = SettingsReader.readPeers(timeouts);
        var server = SettingsReader.readServer(timeouts, limits);
        DaemonSettings daemon = UpkeepReader.daemon(top, limits, this::path);
        MirrorSettings defaults = SettingsReader.readMirror(timeouts, limits, MirrorSettings.DEFAULT);
        timeouts.end();
        limits.end();

        List<MirrorConfig> mirrors = new MirrorReader(this::path, nodes, defaults).read(top);
        UpkeepReader.checkOrder(top, mirrors);
        QuorumReader.check(top, mirrors, daemon);
        TlsSettings tls = tls(top);
        top.end();
        return top.checked(null, () -> new ClusterConfig(name, secretFile, nodes, mirrors, peers, server, tls, daemon));
    }

    /** Null without the table. */
    private TlsSettings tls(TomlSection top) throws ConfigException {
        TomlSection section = top.section("tls", "[tls]");
        if (section == null) {
            return null;
        }
        String certificates = path(section.string("certificates"));
        TlsSettings.Exports exports = switch (section.string("exports", "require")) {
            case "off" -> TlsSettings.Exports.OFF;
            case "on" -> TlsSettings.Exports.ON;
            case "require" -> TlsSettings.Exports.REQUIRE;
            default -> throw section.error("exports", "exports is \"" + section.string("exports") + "\"; allowed: off, on, require");
        };
        boolean verifyPeer = section.truth("verify_peer", true);
        section.end();
        return new TlsSettings(certificates, exports, verifyPeer);
    }

    private List<NodeConfig> nodes(TomlSection top) throws ConfigException {
        TomlSection table = top.section("nodes", "[nodes]");
        if (table == null || table.keys().isEmpty()) {
            throw top.error(table == null ? null : "nodes", "no node: write a table [nodes.NAME] for each");
        }
        List<NodeConfig> nodes = new ArrayList<>();
        for (String name : table.keys()) {
            TomlSection section = table.section(name, "[nodes." + name + "]");
            String fault = Names.fault(name);
            if (fault != null) {
                throw table.error(name, "node name: " + fault);
            }
            LinkAddress address = Addresses.tcp(section, "address");
            LinkAddress nbd = Addresses.tcpOrAuto(section, "nbd", section.string("nbd"));
            refuseSharedAddress(section, "address", address, nodes);
            refuseSharedAddress(section, "nbd", nbd, nodes);
            if (address.equals(nbd)) {
                throw section.error("nbd", "nbd is the same as address: " + nbd + "; each needs a port of its own");
            }
            String state = path(section.string("state"));
            nodes.add(new NodeConfig(name, address, nbd, state, section.string("tls_hostname", address.host())));
            section.end();
        }
        return nodes;
    }

    private static void refuseSharedAddress(TomlSection section, String key, LinkAddress address, List<NodeConfig> others)
            throws ConfigException {
        for (NodeConfig other : others) {
            if (address.port() != 0 && (address.equals(other.address()) || address.equals(other.nbd()))) {
                throw section.error(key, key + " " + address + " is used by node " + other.name() + " too");
            }
        }
    }

    private static String named(TomlSection section, String key, String name) throws ConfigException {
        String fault = Names.fault(name);
        if (fault != null) {
            throw section.error(key, key + ": " + fault);
        }
        return name;
    }

    /** The table, or an empty one in its place, so that readers need not ask. */
    static TomlSection sectionOrEmpty(TomlSection parent, String key, String title) throws ConfigException {
        TomlSection section = parent.section(key, title);
        return section != null ? section : new TomlSection(null, title, Toml.parse(""), null);
    }

    private String path(String text) {
        return folder.resolve(text).normalize().toString();
    }

    static String reason(IOException e) {
        return e instanceof java.nio.file.AccessDeniedException ? "permission denied" : e.getMessage();
    }
}
