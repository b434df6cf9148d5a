/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import io.netty.channel.Channel;
import org.netraid.link.LinkAddress;
import org.netraid.link.LinkFactory;

/** A bound socket; for a unix socket also its file, which goes away with it. */
final class NettyListening implements LinkFactory.Listening {

    private final LinkAddress address;
    private final Channel server;
    private final UnixSocketFile file;

    NettyListening(LinkAddress address, Channel server, UnixSocketFile file) {
        this.address = address;
        this.server = server;
        this.file = file;
    }

    @Override
    public LinkAddress address() {
        return address;
    }

    @Override
    public void close() {
        if (file != null) {
            file.remove();
        }
        server.close();
    }
}
