/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link;

import java.util.function.Consumer;
import java.util.function.Function;

/** Makes links. Every link of one factory runs on the factory's event loop. */
public interface LinkFactory {

    /**
     * Connects. Ends with {@link LinkHandler#onOpen} on the handler, or with {@code failed}; never inside this call.
     *
     * @param timeoutNs give up after this long
     * @param failed gets a reason for people, such as {@code connection refused}
     */
    void connect(LinkAddress address, long timeoutNs, LinkHandler handler, Consumer<String> failed);

    /**
     * Listens. Each accepted stream gets the handler that {@code accept} returns for its peer's name; null
     * refuses the stream.
     *
     * @param bound gets the address really bound (with port 0 resolved)
     * @param failed gets a reason for people, such as {@code address already in use}
     */
    void listen(LinkAddress address, Function<String, LinkHandler> accept, Consumer<Listening> bound,
            Consumer<String> failed);

    /** A listening socket. */
    interface Listening {
        LinkAddress address();

        /** Stops accepting; existing links live on. */
        void close();
    }
}
