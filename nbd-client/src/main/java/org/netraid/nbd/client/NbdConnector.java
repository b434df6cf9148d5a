/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;
import org.netraid.link.Link;
import org.netraid.link.LinkAddress;
import org.netraid.link.LinkFactory;
import org.netraid.link.LinkHandler;
import org.netraid.link.LinkTls;
import org.netraid.nbd.wire.ListedExport;
import org.netraid.time.EventLoop;

/**
 * Opens connections to NBD servers. One per event loop is enough. It never reconnects by itself: each
 * {@link #connect} is one attempt, so that its caller can choose another export name each time; {@link Reconnector} repeats.
 */
public final class NbdConnector {

    private final LinkFactory links;
    private final EventLoop loop;
    private final NbdClientConfig config;
    private int connections;

    /** @param loop the loop that the links of the factory run on */
    public NbdConnector(LinkFactory links, EventLoop loop, NbdClientConfig config) {
        this.links = links;
        this.loop = loop;
        this.config = config;
    }

    public NbdClientConfig config() {
        return config;
    }

    /** Starts one attempt. The listener hears of its end, never inside this call. */
    public NbdConnection connect(NbdTarget target, NbdConnectionListener listener) {
        return connect(target, config, listener);
    }

    /** As {@link #connect(NbdTarget, NbdConnectionListener)}, with other limits, times and wishes than the connector's. */
    public NbdConnection connect(NbdTarget target, NbdClientConfig special, NbdConnectionListener listener) {
        NbdConnection connection = new NbdConnection(target, special, connections++, loop, listener);
        connection.start(links);
        return connection;
    }

    /** Asks a server in plain text for its exports. */
    public void list(LinkAddress address, Consumer<List<ListedExport>> listed, Consumer<String> failed) {
        list(address, null, listed, failed);
    }

    /**
     * Asks a server for its exports and hangs up. Exactly one of the two is called, never inside this call.
     *
     * @param tls what to secure the connection with; null for plain text
     * @param failed gets a sentence for people, with the address
     */
    public void list(LinkAddress address, LinkTls tls, Consumer<List<ListedExport>> listed, Consumer<String> failed) {
        new HandshakeRunner(loop, config, send -> ClientHandshake.list(tls != null, send), tls, new HandshakeRunner.Outcome() {
            @Override
            public LinkHandler onFinished(Link link, ClientHandshake handshake) {
                link.close();
                listed.accept(handshake.exports());
                return new IgnoringHandler();
            }

            @Override
            public void onFailed(String reason) {
                failed.accept("nbd " + address + ": " + reason);
            }
        }).start(links, address);
    }

    /** For a link that is being closed. */
    private static final class IgnoringHandler implements LinkHandler {
        @Override
        public void onOpen(Link link) {
        }

        @Override
        public void onBytes(ByteBuffer bytes) {
            bytes.position(bytes.limit());
        }

        @Override
        public void onClosed(String reason) {
        }
    }
}
