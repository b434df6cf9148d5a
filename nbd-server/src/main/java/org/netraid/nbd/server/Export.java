/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import org.netraid.block.BlockDevice;
import org.netraid.nbd.wire.NbdStrings;

/**
 * A device under a name.
 *
 * @param name canonical name; empty for the default export
 * @param description for people, shown by LIST and INFO; may be empty
 * @param device what the requests go to, on the server's event loop
 * @param readOnly refuse modification whatever the device can do
 */
public record Export(String name, String description, BlockDevice device, boolean readOnly) {

    /** @throws org.netraid.nbd.wire.NbdFormatException if name or description cannot be sent */
    public Export {
        NbdStrings.encode(name, "export name");
        NbdStrings.encode(description, "export description");
    }
}
