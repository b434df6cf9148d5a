/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import io.netty.channel.DefaultFileRegion;
import java.nio.channels.FileChannel;

/** A part of a file on its way into a socket; the file belongs to somebody else and stays open. */
final class FilePart extends DefaultFileRegion {

    FilePart(FileChannel file, long offsetBytes, long lengthBytes) {
        super(file, offsetBytes, lengthBytes);
    }

    @Override
    protected void deallocate() {
        // nothing of it is ours
    }
}
