/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.netraid.block.ExtentList;

/**
 * Blocking access to one disk: the seam between {@link FileBlockDevice}, which keeps turns and durability, and the system
 * calls. Calls may come from several threads at once. Ranges have been checked. Tests put failing disks here.
 */
interface RawDisk {

    /** Fills the buffer. */
    void read(ByteBuffer into, long offsetBytes) throws IOException;

    /** Writes the whole buffer. */
    void write(ByteBuffer from, long offsetBytes) throws IOException;

    /** Makes all completed modifications durable. */
    void sync() throws IOException;

    /** Gives the range back where the medium knows how; else does nothing. */
    void trim(long offsetBytes, long lengthBytes) throws IOException;

    /** @param flags of {@link org.netraid.block.BlockRequest}: NO_HOLE, FAST_ZERO */
    void zero(long offsetBytes, long lengthBytes, int flags) throws IOException;

    /**
     * Which parts are holes; bounded in work, so it may end early.
     *
     * @param one the first part is enough
     */
    void extents(long offsetBytes, long lengthBytes, boolean one, ExtentList into) throws IOException;

    /** What it holds where there is a cache of pages; else null. */
    default FileBytes stored() {
        return null;
    }

    /** Where there is a cache of pages: forgets those that are not waiting to be written. */
    default void dropCleanCache() {
    }

    void close() throws IOException;
}
