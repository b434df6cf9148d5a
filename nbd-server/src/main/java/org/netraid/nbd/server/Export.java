/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import java.util.List;
import java.util.function.Supplier;
import org.netraid.block.BlockDevice;
import org.netraid.block.StatusContext;
import org.netraid.nbd.wire.GenerationContext;
import org.netraid.nbd.wire.NbdStrings;

/**
 * A device under a name.
 *
 * @param name canonical name; empty for the default export
 * @param description for people, shown by LIST and INFO; may be empty
 * @param device what the requests go to, on the server's event loop
 * @param readOnly refuse modification whatever the device can do
 * @param contexts further maps of the device that clients may ask for, besides that of its holes; asked at every listing and selection, so
 *     that they may come and go; names must differ
 * @param tlsOnly hidden from and refused to clients that have not started TLS, where the server leaves that to them
 * @param generation only a client that writes in this generation may open it; {@link GenerationContext#NONE} for any client
 */
public record Export(String name, String description, BlockDevice device, boolean readOnly, Supplier<List<StatusContext>> contexts,
        boolean tlsOnly, long generation) {

    /** @throws org.netraid.nbd.wire.NbdFormatException if name or description cannot be sent */
    public Export {
        NbdStrings.encode(name, "export name");
        NbdStrings.encode(description, "export description");
    }

    /** With or without TLS. */
    public Export(String name, String description, BlockDevice device, boolean readOnly, Supplier<List<StatusContext>> contexts) {
        this(name, description, device, readOnly, contexts, false, GenerationContext.NONE);
    }

    /** Without further maps, with or without TLS. */
    public Export(String name, String description, BlockDevice device, boolean readOnly) {
        this(name, description, device, readOnly, List::of);
    }

    public Export withTlsOnly(boolean only) {
        return new Export(name, description, device, readOnly, contexts, only, generation);
    }

    /** The same, bound to a generation. */
    public Export inGeneration(long required) {
        return new Export(name, description, device, readOnly, contexts, tlsOnly, required);
    }
}
