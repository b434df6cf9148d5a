/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import java.util.List;

/** The exports of a server. Called on the server's event loop; may change between calls. */
public interface ExportTable {

    /** What LIST shows; may leave out exports that {@link #find} knows. */
    List<Export> listed();

    /**
     * The export a client asks about. Changes nothing: a client may ask many times before it opens.
     *
     * @param name as sent; empty means the default export
     * @param peer the other end of the client's link, for messages and decisions
     * @return null if there is no such export for this client
     */
    Export find(String name, String peer);

    /**
     * The export a client is about to use. A name that is good for one connection is used up here.
     *
     * @return null if there is no such export for this client
     */
    default Export open(String name, String peer) {
        return find(name, peer);
    }

    /** A client has opened the export: transmission begins. {@link NbdServerSession#cut} ends it. */
    default void onOpened(Export export, NbdServerSession session) {
    }

    /** The session's link is gone and the last of its requests has come back from the device. Once per open. */
    default void onClosed(Export export, NbdServerSession session) {
    }
}
