/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import org.netraid.link.LinkTls;
import org.netraid.nbd.server.ServerTls;
import org.netraid.nbd.wire.NbdUri;

/** What a node secures its links with, as its configuration wants it. Called on the loop; reads no files that have not been read before. */
public interface NodeTls {

    /** A cluster without TLS. */
    NodeTls NONE = new NodeTls() {
        @Override
        public LinkTls fromNodes() {
            return null;
        }

        @Override
        public LinkTls toNode(String node) {
            return null;
        }

        @Override
        public ServerTls exports() {
            return ServerTls.OFF;
        }

        @Override
        public LinkTls toServer(NbdUri uri) {
            if (uri.tls() != null) {
                throw new IllegalArgumentException("no certificates were read for " + uri);
            }
            return null;
        }
    };

    /** For links that other nodes open to this one; null for plain text. */
    LinkTls fromNodes();

    /** For links to another node; null for plain text. */
    LinkTls toNode(String node);

    /** For applications that reach the mirrored device over TCP. */
    ServerTls exports();

    /** For links to a plain NBD server; null if and only if its URI is one without TLS. */
    LinkTls toServer(NbdUri uri);
}
