/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client.cli;

import org.netraid.block.BlockDevice;

/** Checks {@code --offset} and {@code --length} against a device. */
final class StreamRange {

    private StreamRange() {
    }

    /** @return first byte behind the range */
    static long end(BlockDevice device, long offset, Long length) {
        long size = device.geometry().sizeBytes();
        if (offset > size) {
            throw new CliFailure("--offset " + offset + " is beyond the end of " + device.name() + " (" + size + " bytes)");
        }
        if (length == null) {
            return size;
        }
        if (length > size - offset) {
            throw new CliFailure("--offset " + offset + " and --length " + length + " reach beyond the end of " + device.name()
                    + " (" + size + " bytes)");
        }
        return offset + length;
    }
}
