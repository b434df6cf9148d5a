/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.kernel;

import org.netraid.nbd.client.NbdExport;
import org.netraid.nbd.wire.TransmissionFlags;

/**
 * What a kernel device shall be like.
 *
 * @param index N of {@code /dev/nbdN}
 * @param sizeBytes a multiple of the block size
 * @param blockBytes power of two, 512 to 4096: the least the kernel will ask for
 * @param transmissionFlags what the server offers, as it told them
 * @param timeoutSeconds a request that is not answered for so long kills its connection; 0: the kernel's habit
 * @param deadTimeoutSeconds with all connections dead, requests wait so long for new ones before they fail; 0: not at all
 */
public record AttachPlan(int index, long sizeBytes, int blockBytes, int transmissionFlags, long timeoutSeconds, long deadTimeoutSeconds) {

    private static final int SECTOR_BYTES = 512;
    private static final int PAGE_BYTES = 4096;

    /**
     * The plan for an export.
     *
     * @throws IllegalArgumentException with a sentence for people, if the kernel cannot use the export
     */
    public static AttachPlan of(NbdExport export, int index, boolean readOnly, long timeoutSeconds, long deadTimeoutSeconds) {
        int block = Math.max(SECTOR_BYTES, export.minBlockBytes());
        if (block > PAGE_BYTES) {
            throw new IllegalArgumentException("the server takes only blocks of " + block + " bytes, the kernel sends blocks of "
                    + PAGE_BYTES + " or less");
        }
        long size = export.sizeBytes() & -(long) block;
        if (size == 0) {
            throw new IllegalArgumentException("the export has " + export.sizeBytes() + " bytes, less than one block of " + block);
        }
        int flags = export.flags() | (readOnly ? TransmissionFlags.READ_ONLY : 0);
        return new AttachPlan(index, size, block, flags, timeoutSeconds, deadTimeoutSeconds);
    }
}
