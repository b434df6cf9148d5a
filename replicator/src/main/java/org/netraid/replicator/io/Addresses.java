/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.io;

import java.nio.charset.StandardCharsets;
import org.netraid.link.LinkAddress;
import org.netraid.replicator.config.Ports;

/** Addresses as people write them: {@code host:port}, {@code [::1]:port}, {@code unix:/path}. */
final class Addresses {

    /** What fits into the kernel's {@code sun_path}, without the final zero. */
    static final int MAX_SOCKET_PATH_BYTES = 107;

    private Addresses() {
    }

    static LinkAddress tcp(TomlSection section, String key) throws ConfigException {
        return tcp(section, key, section.string(key));
    }

    /** As {@link #tcp}; {@code host:auto} gives port 0, which the daemon replaces. */
    static LinkAddress tcpOrAuto(TomlSection section, String key, String text) throws ConfigException {
        String auto = ":" + Ports.AUTO;
        return text.endsWith(auto) ? LinkAddress.tcp(tcp(section, key, text.replace(auto, ":1")).host(), 0) : tcp(section, key, text);
    }

    static LinkAddress tcp(TomlSection section, String key, String text) throws ConfigException {
        int colon = text.lastIndexOf(':');
        String host = colon <= 0 ? "" : text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.indexOf(':') >= 0) {
            host = "";
        }
        String digits = text.substring(colon + 1);
        if (host.isEmpty() || !digits.matches("[0-9]{1,5}") || Integer.parseInt(digits) < 1 || Integer.parseInt(digits) > 65535) {
            throw section.error(key, key + " is \"" + text + "\", not host:port with a port from 1 to 65535 (IPv6: \"[::1]:7800\")");
        }
        if (!host.matches("[A-Za-z0-9._:%-]{1,253}")) {
            throw section.error(key, key + ": \"" + host + "\" is not a host name or address");
        }
        return LinkAddress.tcp(host, Integer.parseInt(digits));
    }

    static LinkAddress unix(TomlSection section, String key, String path) throws ConfigException {
        int bytes = path.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_SOCKET_PATH_BYTES) {
            throw section.error(key, "the unix socket " + path + " has a path of " + bytes + " bytes; the kernel allows "
                    + MAX_SOCKET_PATH_BYTES + ": choose a shorter state folder or set export");
        }
        return LinkAddress.unix(path);
    }
}
