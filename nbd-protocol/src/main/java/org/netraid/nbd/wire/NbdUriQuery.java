/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The parameters behind the question mark of an {@link NbdUri}. One that is not known is refused: it was meant to do something. */
final class NbdUriQuery {

    private static final String SOCKET = "socket";
    private static final String CERTIFICATES = "tls-certificates";
    private static final String HOST_NAME = "tls-hostname";
    private static final String VERIFY_PEER = "tls-verify-peer";
    private static final String PSK_FILE = "tls-psk-file";
    private static final List<String> KNOWN = List.of(SOCKET, CERTIFICATES, HOST_NAME, VERIFY_PEER);

    private final Map<String, String> values = new TreeMap<>();

    private NbdUriQuery() {
    }

    static NbdUriQuery parse(String query) {
        NbdUriQuery parsed = new NbdUriQuery();
        for (String parameter : query.split("&")) {
            if (!parameter.isEmpty()) {
                int equals = parameter.indexOf('=');
                String key = PercentCode.decode(equals < 0 ? parameter : parameter.substring(0, equals));
                parsed.add(key, equals < 0 ? "" : PercentCode.decode(parameter.substring(equals + 1)));
            }
        }
        return parsed;
    }

    private void add(String key, String value) {
        if (key.equals(PSK_FILE)) {
            throw new NbdFormatException("TLS with pre-shared keys (" + PSK_FILE + ") is not supported; use certificates ("
                    + CERTIFICATES + ")");
        }
        if (!KNOWN.contains(key)) {
            throw new NbdFormatException("unknown parameter '" + key + "'");
        }
        if (values.put(key, value) != null) {
            throw new NbdFormatException("parameter '" + key + "' is given twice");
        }
        if (value.indexOf('\0') >= 0) {
            throw new NbdFormatException((key.equals(SOCKET) ? "the socket path" : "parameter '" + key + "'")
                    + " contains a NUL character");
        }
        if (value.isEmpty() && !key.equals(SOCKET)) {
            throw new NbdFormatException("parameter '" + key + "' needs a value");
        }
    }

    /** Null if there is none. */
    String socket() {
        return values.get(SOCKET);
    }

    /** Null, once it is sure that the parameters say nothing about TLS. */
    NbdUri.Tls noTls() {
        for (String key : values.keySet()) {
            if (!key.equals(SOCKET)) {
                throw new NbdFormatException("parameter '" + key + "' belongs to nbds and nbds+unix URIs");
            }
        }
        return null;
    }

    NbdUri.Tls tls() {
        return new NbdUri.Tls(values.getOrDefault(CERTIFICATES, ""), values.getOrDefault(HOST_NAME, ""),
                truth(values.getOrDefault(VERIFY_PEER, "true")));
    }

    private static boolean truth(String value) {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "1", "true", "t", "yes", "y", "on" -> true;
            case "0", "false", "f", "no", "n", "off" -> false;
            default -> throw new NbdFormatException(VERIFY_PEER + " is true or false, not '" + value + "'");
        };
    }

    /** With its question mark; empty if there is nothing to say. */
    static String toString(String socketPath, NbdUri.Tls tls) {
        StringBuilder query = new StringBuilder();
        append(query, SOCKET, socketPath == null ? "" : socketPath);
        if (tls != null) {
            append(query, CERTIFICATES, tls.certificates());
            append(query, HOST_NAME, tls.hostName());
            append(query, VERIFY_PEER, tls.verifyPeer() ? "" : "false");
        }
        return query.toString();
    }

    private static void append(StringBuilder query, String key, String value) {
        if (!value.isEmpty()) {
            query.append(query.isEmpty() ? '?' : '&').append(key).append('=').append(PercentCode.encode(value));
        }
    }
}
