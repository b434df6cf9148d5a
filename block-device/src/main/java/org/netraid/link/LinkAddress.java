/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link;

/**
 * Where a stream listens: a TCP host and port, or a unix socket path.
 *
 * @param host host name or address; null for a unix socket
 * @param port TCP port, 0 to 65535 (0 when listening: any free one); 0 for a unix socket
 * @param socketPath path of a unix socket; null for TCP
 */
public record LinkAddress(String host, int port, String socketPath) {

    public LinkAddress {
        if ((host == null) == (socketPath == null)) {
            throw new IllegalArgumentException("an address is either host and port or a socket path");
        }
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("port " + port + " is not in 0 to 65535");
        }
    }

    public static LinkAddress tcp(String host, int port) {
        return new LinkAddress(host, port, null);
    }

    public static LinkAddress unix(String socketPath) {
        return new LinkAddress(null, 0, socketPath);
    }

    public boolean isUnix() {
        return socketPath != null;
    }

    @Override
    public String toString() {
        if (isUnix()) {
            return socketPath;
        }
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
