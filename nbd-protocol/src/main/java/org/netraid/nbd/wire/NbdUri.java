/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

import java.util.Locale;
import org.netraid.link.LinkAddress;

/**
 * Where an export is: {@code nbd://host[:port]/export} or {@code nbd+unix:///export?socket=PATH}; with TLS {@code nbds://} and
 * {@code nbds+unix://}, which never mean plain text. Source: NBD URI specification ({@code doc/uri.md}); the TLS parameters are those
 * of libnbd.
 *
 * @param address TCP address or unix socket
 * @param exportName decoded; empty for the default export
 * @param tls how the server is to be checked; null for plain text
 */
public record NbdUri(LinkAddress address, String exportName, Tls tls) {

    /**
     * What a URI says of TLS.
     *
     * @param certificates folder of certificates ({@code tls-certificates}); empty if the URI names none
     * @param hostName name that the server's certificate must be for ({@code tls-hostname}); empty for the host of the URI
     * @param verifyPeer check the server's certificate ({@code tls-verify-peer})
     */
    public record Tls(String certificates, String hostName, boolean verifyPeer) {

        /** Nothing special. */
        public static final Tls DEFAULT = new Tls("", "", true);
    }

    private static final String TCP = "nbd";
    private static final String UNIX = "nbd+unix";
    private static final String TLS_TCP = "nbds";
    private static final String TLS_UNIX = "nbds+unix";
    private static final String DEFAULT_HOST = "localhost";
    private static final String SEPARATOR = "://";

    public NbdUri {
        NbdStrings.encode(exportName, "export name");
    }

    /** A URI without TLS. */
    public NbdUri(LinkAddress address, String exportName) {
        this(address, exportName, null);
    }

    public NbdUri withExport(String name) {
        return new NbdUri(address, name, tls);
    }

    /**
     * Reads a URI as a user writes it.
     *
     * @throws NbdFormatException with the URI and what is wrong with it
     */
    public static NbdUri parse(String uri) {
        try {
            return parseParts(uri);
        } catch (NbdFormatException e) {
            throw new NbdFormatException("'" + uri + "' is not a usable NBD URI: " + e.getMessage());
        }
    }

    private static NbdUri parseParts(String uri) {
        int separator = uri.indexOf(SEPARATOR);
        if (separator < 0) {
            throw new NbdFormatException("expected nbd://HOST[:PORT]/EXPORT or nbd+unix:///EXPORT?socket=PATH");
        }
        String scheme = uri.substring(0, separator).toLowerCase(Locale.ROOT);
        String rest = uri.substring(separator + SEPARATOR.length());
        if (rest.indexOf('#') >= 0) {
            throw new NbdFormatException("a fragment (#) has no meaning here; write %23 for the character");
        }
        int question = rest.indexOf('?');
        String query = question < 0 ? "" : rest.substring(question + 1);
        String hierarchy = question < 0 ? rest : rest.substring(0, question);
        int slash = hierarchy.indexOf('/');
        String authority = slash < 0 ? hierarchy : hierarchy.substring(0, slash);
        String exportName = slash < 0 ? "" : PercentCode.decode(hierarchy.substring(slash + 1));
        NbdUriQuery parameters = NbdUriQuery.parse(query);
        String socket = parameters.socket();
        return switch (scheme) {
            case TCP -> new NbdUri(tcpAddress(authority, socket), exportName, parameters.noTls());
            case UNIX -> new NbdUri(unixAddress(authority, socket), exportName, parameters.noTls());
            case TLS_TCP -> new NbdUri(tcpAddress(authority, socket), exportName, parameters.tls());
            case TLS_UNIX -> new NbdUri(unixAddress(authority, socket), exportName, parameters.tls());
            case "nbd+vsock", "nbds+vsock", "nbd+ssh", "nbds+ssh" -> throw new NbdFormatException(
                    "transport '" + scheme + "' is not supported; use " + TCP + " or " + UNIX);
            default -> throw new NbdFormatException("unknown scheme '" + scheme + "'; use " + TCP + " or " + UNIX
                    + ", with TLS " + TLS_TCP + " or " + TLS_UNIX);
        };
    }

    private static LinkAddress unixAddress(String authority, String socket) {
        if (!authority.isEmpty()) {
            refuseUser(authority);
            throw new NbdFormatException("a unix socket URI has no host; write " + UNIX + ":///EXPORT?socket=PATH");
        }
        if (socket == null || socket.isEmpty()) {
            throw new NbdFormatException("a unix socket URI needs ?socket=PATH");
        }
        if (socket.indexOf('\0') >= 0) {
            throw new NbdFormatException("the socket path contains a NUL character");
        }
        return LinkAddress.unix(socket);
    }

    private static LinkAddress tcpAddress(String authority, String socket) {
        if (socket != null) {
            throw new NbdFormatException("parameter 'socket' belongs to " + UNIX + " URIs");
        }
        refuseUser(authority);
        LinkAddress address = hostAndPort(authority);
        if (address.port() == 0) {
            throw new NbdFormatException("port 0 cannot be connected to");
        }
        return address;
    }

    private static void refuseUser(String authority) {
        if (authority.indexOf('@') >= 0) {
            throw new NbdFormatException("a user name belongs to TLS with pre-shared keys, which is not supported; use certificates");
        }
    }

    /**
     * Reads {@code HOST}, {@code HOST:PORT}, {@code [IPV6]} or {@code [IPV6]:PORT}; host and port have defaults.
     *
     * @throws NbdFormatException if the port is no port or the brackets do not match
     */
    public static LinkAddress hostAndPort(String authority) {
        int hostEnd;
        String host;
        if (authority.startsWith("[")) {
            int bracket = authority.indexOf(']');
            if (bracket < 0) {
                throw new NbdFormatException("'[' without ']' in '" + authority + "'");
            }
            host = authority.substring(1, bracket);
            if (host.indexOf(':') < 0) {
                throw new NbdFormatException("'" + host + "' in brackets is not an IPv6 address");
            }
            hostEnd = bracket + 1;
        } else {
            int colon = authority.indexOf(':');
            if (colon != authority.lastIndexOf(':')) {
                throw new NbdFormatException("an IPv6 address needs brackets: [" + authority + "]");
            }
            hostEnd = colon < 0 ? authority.length() : colon;
            host = authority.substring(0, hostEnd);
        }
        String tail = authority.substring(hostEnd);
        if (!tail.isEmpty() && tail.charAt(0) != ':') {
            throw new NbdFormatException("'" + tail + "' behind the address is not a port");
        }
        int port = tail.length() <= 1 ? NbdConstants.DEFAULT_PORT : port(tail.substring(1));
        return LinkAddress.tcp(host.isEmpty() ? DEFAULT_HOST : PercentCode.decode(host), port);
    }

    private static int port(String digits) {
        int port = 0;
        for (int i = 0; i < digits.length(); i++) {
            char c = digits.charAt(i);
            if (c < '0' || c > '9' || digits.length() > 5) {
                throw new NbdFormatException("'" + digits + "' is not a port");
            }
            port = port * 10 + (c - '0');
        }
        if (port > 65535) {
            throw new NbdFormatException("port " + port + " is above 65535");
        }
        return port;
    }

    /** The URI in its usual form; {@link #parse} gives an equal object back. */
    @Override
    public String toString() {
        String path = "/" + PercentCode.encode(exportName);
        String query = NbdUriQuery.toString(address.socketPath(), tls);
        if (address.isUnix()) {
            return (tls == null ? UNIX : TLS_UNIX) + SEPARATOR + path + query;
        }
        boolean ipv6 = address.host().indexOf(':') >= 0;
        String host = ipv6 ? "[" + address.host().replace("%", "%25") + "]" : PercentCode.encode(address.host());
        return (tls == null ? TCP : TLS_TCP) + SEPARATOR + host + ":" + address.port() + path + query;
    }
}
