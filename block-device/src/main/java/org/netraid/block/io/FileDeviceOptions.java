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
 * @param direct read and write past the page cache (O_DIRECT) what is aligned to {@link DirectChannel}'s blocks in offset,
 *     length and memory; the rest goes through it, and the kernel keeps both views the same. Needs {@link Mode#WORKERS}
 */
public record FileDeviceOptions(boolean readOnly, boolean exclusive, long createBytes, Mode mode, boolean direct) {

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
    public static final FileDeviceOptions DEFAULT = new FileDeviceOptions(false, true, NO_CREATE, Mode.INLINE, false);

    public FileDeviceOptions {
        if (createBytes < NO_CREATE) {
            throw new IllegalArgumentException("size to create " + createBytes + " is negative");
        }
        if (readOnly && createBytes != NO_CREATE) {
            throw new IllegalArgumentException("a read-only disk cannot be created");
        }
        if (direct && mode == Mode.INLINE) {
            throw new IllegalArgumentException("direct I/O waits for the medium, which the event loop must not");
        }
    }

    public FileDeviceOptions withReadOnly(boolean on) {
        return new FileDeviceOptions(on, exclusive, createBytes, mode, direct);
    }

    public FileDeviceOptions withExclusive(boolean on) {
        return new FileDeviceOptions(readOnly, on, createBytes, mode, direct);
    }

    public FileDeviceOptions withCreateBytes(long sizeBytes) {
        return new FileDeviceOptions(readOnly, exclusive, sizeBytes, mode, direct);
    }

    public FileDeviceOptions withMode(Mode newMode) {
        return new FileDeviceOptions(readOnly, exclusive, createBytes, newMode, direct);
    }

    /** O_DIRECT, on the workers. */
    public FileDeviceOptions withDirect() {
        return new FileDeviceOptions(readOnly, exclusive, createBytes, Mode.WORKERS, true);
    }
}
