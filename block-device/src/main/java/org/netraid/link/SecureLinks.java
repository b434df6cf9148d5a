/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link;

import java.nio.ByteBuffer;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Links that are in TLS from their first byte: their handlers hear of them once they are secured, and never otherwise. For protocols
 * that have no plain beginning, unlike NBD.
 */
public final class SecureLinks implements LinkFactory {

    /** Handshakes of others that are served at one time; more are refused, since nobody knows yet who they are. */
    private static final int MAX_HANDSHAKES = 64;

    private final LinkFactory links;
    private final LinkTls server;
    private final Function<LinkAddress, LinkTls> client;
    private final long timeoutNs;
    private final BiConsumer<String, String> refused;
    private int handshakes;

    /**
     * @param server for links that are accepted
     * @param client for links to an address
     * @param timeoutNs longest handshake
     * @param refused gets the peer of an accepted link whose handshake failed, and the reason
     */
    public SecureLinks(LinkFactory links, LinkTls server, Function<LinkAddress, LinkTls> client, long timeoutNs,
            BiConsumer<String, String> refused) {
        this.links = links;
        this.server = server;
        this.client = client;
        this.timeoutNs = timeoutNs;
        this.refused = refused;
    }

    @Override
    public void connect(LinkAddress address, long connectNs, LinkHandler handler, Consumer<String> failed) {
        links.connect(address, connectNs, new Securing(client.apply(address), failed) {
            @Override
            LinkHandler handler() {
                return handler;
            }
        }, failed);
    }

    @Override
    public void listen(LinkAddress address, Function<String, LinkHandler> accept, Consumer<Listening> bound,
            Consumer<String> failed) {
        links.listen(address, peer -> {
            if (handshakes >= MAX_HANDSHAKES) {
                refused.accept(peer, handshakes + " others have not finished their TLS handshake yet");
                return null;
            }
            handshakes++;
            return new Securing(server, reason -> {
                handshakes--;
                refused.accept(peer, reason);
            }) {
                @Override
                LinkHandler handler() {
                    handshakes--;
                    return accept.apply(peer);
                }
            };
        }, bound, failed);
    }

    /** Stands in for the handler until the link is secured, then passes everything on. */
    private abstract class Securing implements LinkHandler {
        private final LinkTls tls;
        private final Consumer<String> failed;
        private LinkHandler handler;
        private boolean over;

        Securing(LinkTls tls, Consumer<String> failed) {
            this.tls = tls;
            this.failed = failed;
        }

        /** The link is secured; who gets it? Null: nobody. */
        abstract LinkHandler handler();

        @Override
        public void onOpen(Link link) {
            link.startTls(tls, timeoutNs, () -> {
                over = true;
                handler = handler();
                if (handler == null) {
                    link.close();
                } else {
                    handler.onOpen(link);
                }
            });
        }

        @Override
        public void onBytes(ByteBuffer bytes) {
            if (handler == null) {
                bytes.position(bytes.limit());
            } else {
                handler.onBytes(bytes);
            }
        }

        @Override
        public void onWritable() {
            if (handler != null) {
                handler.onWritable();
            }
        }

        @Override
        public void onClosed(String reason) {
            if (handler != null) {
                handler.onClosed(reason);
            } else if (!over) {
                over = true;
                failed.accept(reason);
            }
        }
    }
}
