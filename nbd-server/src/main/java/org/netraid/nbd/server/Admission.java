/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import java.util.Map;
import java.util.TreeMap;

/** Counts the sessions of a service, in all and by network address, and says who must wait outside. */
final class Admission {

    private final ServerLimits limits;
    private final Map<String, Integer> byAddress = new TreeMap<>();
    private int sessions;

    Admission(ServerLimits limits) {
        this.limits = limits;
    }

    /** Why a link from this peer is refused; null if it is let in, and then counted. */
    String admit(String peer) {
        if (sessions >= limits.maxConnections()) {
            return "there are already " + sessions + " connections";
        }
        String address = addressOf(peer);
        if (limits.maxPerAddress() > 0 && !address.isEmpty()) {
            int same = byAddress.getOrDefault(address, 0);
            if (same >= limits.maxPerAddress()) {
                return "there are already " + same + " connections from " + address;
            }
            byAddress.put(address, same + 1);
        }
        sessions++;
        return null;
    }

    /** A session is over. */
    void leave(String peer) {
        sessions--;
        byAddress.computeIfPresent(addressOf(peer), (address, count) -> count == 1 ? null : count - 1);
    }

    /** {@code 192.0.2.1} of {@code 192.0.2.1:4711}; empty for the path of a unix socket. */
    private static String addressOf(String peer) {
        int colon = peer.lastIndexOf(':');
        return colon < 0 || peer.indexOf('/') >= 0 ? "" : peer.substring(0, colon);
    }
}
