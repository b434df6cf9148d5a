/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server.io;

import java.util.function.Consumer;
import org.netraid.link.LinkAddress;
import org.netraid.link.LinkFactory;
import org.netraid.link.io.InheritedSocket;
import org.netraid.link.io.NettyLinkFactory;
import org.netraid.nbd.server.NbdService;

/** One listening address of an {@link NbdService}. All methods on the service's event loop. */
public final class NbdServer {

    private final LinkFactory.Listening listening;
    private final NbdService service;

    private NbdServer(LinkFactory.Listening listening, NbdService service) {
        this.listening = listening;
        this.service = service;
    }

    /**
     * Listens for clients.
     *
     * @param started gets the server once clients can connect
     * @param failed gets a reason for people, such as {@code address already in use}
     */
    public static void listen(LinkFactory links, LinkAddress address, NbdService service, Consumer<NbdServer> started,
            Consumer<String> failed) {
        links.listen(address, service::accept, listening -> started.accept(new NbdServer(listening, service)), failed);
    }

    /** Listens on a socket that another process has bound, as systemd does. Parameters as {@link #listen}. */
    public static void adopt(NettyLinkFactory links, InheritedSocket socket, NbdService service, Consumer<NbdServer> started,
            Consumer<String> failed) {
        links.adopt(socket, service::accept, listening -> started.accept(new NbdServer(listening, service)), failed);
    }

    /** The address really bound. */
    public LinkAddress address() {
        return listening.address();
    }

    /** Stops accepting; sessions live on. */
    public void stopListening() {
        listening.close();
    }

    /**
     * Stops accepting and shuts the whole service down in order.
     *
     * @param done runs once, when no session and no request is left
     */
    public void stop(Runnable done) {
        listening.close();
        service.shutdown(done);
    }
}
