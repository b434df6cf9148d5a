/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

/**
 * How to open a disk.
 *
 * @param readOnly open for reading; modifying commands end with EPERM
 * @param exclusive refuse the disk if another process (or another device of this one) has it open exclusively, and keep
 *     others away while it is open. Files: flock; block devices: O_EXCL, which mounted file systems respect too
 * @param createBytes make a missing file as a sparse one of this size; an existing one must have exactly this size.
 *     {@link #NO_CREATE}: the disk must exist
 * @param mode which thread reads and writes
 */
public record FileDeviceOptions(boolean readOnly, boolean exclusive, long createBytes, Mode mode) {

    public static final long NO_CREATE = -1;

    /**
     * Where READ and WRITE run. FLUSH, FUA's sync, TRIM, WRITE_ZEROES and EXTENTS always run on a worker.
     */
    public enum Mode {
        /**
         * On the event loop: no hand-off, which is worth 3 to 5 µs a request, and right while the page cache answers. For
         * the NBD server of a file.
         */
        INLINE,
        /**
         * On the disk workers: for a mirror's local disk, whose loop also times its targets. A cold read or a write
         * throttled by the kernel must not stop that loop.
         */
        WORKERS
    }

    /** Exclusive, writable, existing, inline. */
    public static final FileDeviceOptions DEFAULT = new FileDeviceOptions(false, true, NO_CREATE, Mode.INLINE);

    public FileDeviceOptions {
        if (createBytes < NO_CREATE) {
            throw new IllegalArgumentException("size to create " + createBytes + " is negative");
        }
        if (readOnly && createBytes != NO_CREATE) {
            throw new IllegalArgumentException("a read-only disk cannot be created");
        }
    }

    public FileDeviceOptions withReadOnly(boolean on) {
        return new FileDeviceOptions(on, exclusive, createBytes, mode);
    }

    public FileDeviceOptions withExclusive(boolean on) {
        return new FileDeviceOptions(readOnly, on, createBytes, mode);
    }

    public FileDeviceOptions withCreateBytes(long sizeBytes) {
        return new FileDeviceOptions(readOnly, exclusive, sizeBytes, mode);
    }

    public FileDeviceOptions withMode(Mode newMode) {
        return new FileDeviceOptions(readOnly, exclusive, createBytes, newMode);
    }
}
