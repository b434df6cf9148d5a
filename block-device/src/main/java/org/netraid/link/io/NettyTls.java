/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import org.netraid.link.LinkTls;

/**
 * TLS 1.2 and 1.3 with X.509 certificates from a folder, by the JDK's own implementation. Replaced files are noticed at the next
 * connection; if the new ones cannot be used, the old ones serve on and a warning tells. May be shared by the links of several loops.
 */
public final class NettyTls implements LinkTls {

    private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};
    private static final long CLOSE_NOTIFY_MS = 1_000;

    private final boolean server;
    private final TlsFolder folder;
    private final boolean verifyPeer;
    private final String hostName;
    private final Consumer<String> warnings;
    private SslContext context;
    private String stamp = "";

    private NettyTls(boolean server, TlsFolder folder, boolean verifyPeer, String hostName, Consumer<String> warnings)
            throws TlsException {
        this.server = server;
        this.folder = folder;
        this.verifyPeer = verifyPeer;
        this.hostName = hostName;
        this.warnings = warnings;
        this.stamp = folder == null ? "" : folder.stamp();
        this.context = build();
    }

    /**
     * The side that is connected to. Needs {@code server-cert.pem} and {@code server-key.pem}.
     *
     * @param verifyPeer admit only clients with a certificate of an authority in {@code ca-cert.pem}
     * @param warnings gets a sentence when replaced files cannot be used; on any loop
     */
    public static NettyTls server(Path folder, boolean verifyPeer, Consumer<String> warnings) throws TlsException {
        return new NettyTls(true, new TlsFolder(folder), verifyPeer, "", warnings);
    }

    /**
     * The side that connects. Shows {@code client-cert.pem} if it is there.
     *
     * @param folder null: believe the authorities that this system trusts, and show no certificate
     * @param hostName name or address that the server's certificate must be for; empty: any name will do, which is meant for unix
     *     sockets, where the path says who the server is
     * @param verifyPeer false: believe any certificate, which protects from nobody who can get between the two
     * @param warnings gets a sentence when replaced files cannot be used; on any loop
     */
    public static NettyTls client(Path folder, String hostName, boolean verifyPeer, Consumer<String> warnings) throws TlsException {
        return new NettyTls(false, folder == null ? null : new TlsFolder(folder), verifyPeer, hostName, warnings);
    }

    @Override
    public boolean isServer() {
        return server;
    }

    /** A handler for one connection. @param tasks runs what takes long in a handshake, such as signing */
    SslHandler newHandler(ByteBufAllocator memory, long timeoutNs, Executor tasks) {
        SslContext now = current();
        SslHandler handler = server || hostName.isEmpty() ? now.newHandler(memory, tasks) : now.newHandler(memory, hostName, 0, tasks);
        handler.setHandshakeTimeoutMillis(Math.max(1, TimeUnit.NANOSECONDS.toMillis(timeoutNs)));
        handler.setCloseNotifyFlushTimeoutMillis(CLOSE_NOTIFY_MS);
        return handler;
    }

    private synchronized SslContext current() {
        if (folder == null) {
            return context;
        }
        String found = folder.stamp();
        if (!found.equals(stamp)) {
            stamp = found;
            try {
                context = build();
            } catch (TlsException e) {
                warnings.accept("the certificates were replaced, but the old ones stay in use: " + e.getMessage());
            }
        }
        return context;
    }

    private SslContext build() throws TlsException {
        try {
            return server ? serverContext() : clientContext();
        } catch (SSLException e) {
            throw new TlsException("this Java offers no TLS: " + e.getMessage());
        }
    }

    private SslContext serverContext() throws TlsException, SSLException {
        SslContextBuilder builder = SslContextBuilder.forServer(folder.keys("server")).sslProvider(SslProvider.JDK).protocols(PROTOCOLS)
                .clientAuth(verifyPeer ? ClientAuth.REQUIRE : ClientAuth.NONE);
        return (verifyPeer ? builder.trustManager(folder.authorities()) : builder).build();
    }

    private SslContext clientContext() throws TlsException, SSLException {
        SslContextBuilder builder = SslContextBuilder.forClient().sslProvider(SslProvider.JDK).protocols(PROTOCOLS)
                .endpointIdentificationAlgorithm(verifyPeer && !hostName.isEmpty() ? "HTTPS" : null);
        if (!verifyPeer) {
            builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
        } else if (folder != null) {
            builder.trustManager(folder.authorities());
        }
        if (folder != null && (folder.has("client-cert.pem") || folder.has("client-key.pem"))) {
            builder.keyManager(folder.keys("client"));
        }
        return builder.build();
    }
}
