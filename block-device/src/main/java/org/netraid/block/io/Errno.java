/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import java.io.IOException;
import java.util.Locale;
import org.netraid.block.BlockError;

/** Linux error numbers: their text, and which of the eight values of the SPI each becomes. The only place that decides that. */
final class Errno {

    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int EINTR = 4;
    static final int ENXIO = 6;
    static final int EAGAIN = 11;
    static final int ENOMEM = 12;
    static final int EACCES = 13;
    static final int EBUSY = 16;
    static final int ENODEV = 19;
    static final int EINVAL = 22;
    static final int ENOTTY = 25;
    static final int EFBIG = 27;
    static final int ENOSPC = 28;
    static final int EROFS = 30;
    static final int ENOSYS = 38;
    static final int EOPNOTSUPP = 95;
    static final int EDQUOT = 122;
    static final int ENOMEDIUM = 123;

    private Errno() {
    }

    /** True where the kernel, the file system or the device does not know the operation at all. */
    static boolean isUnsupported(int errno) {
        return errno == EOPNOTSUPP || errno == ENOSYS || errno == ENOTTY;
    }

    static BlockError toBlockError(int errno) {
        switch (errno) {
            case EPERM:
            case EACCES:
            case EROFS:
                return BlockError.EPERM;
            case ENOMEM:
                return BlockError.ENOMEM;
            case ENOSPC:
            case EDQUOT:
            case EFBIG:
                return BlockError.ENOSPC;
            case EOPNOTSUPP:
            case ENOSYS:
            case ENOTTY:
                return BlockError.ENOTSUP;
            default:
                return BlockError.EIO;
        }
    }

    /** Java gives the kernel's text only. What is not recognised is an I/O error. */
    static BlockError toBlockError(IOException thrown) {
        if (thrown instanceof DiskException disk) {
            return disk.error();
        }
        String text = String.valueOf(thrown.getMessage()).toLowerCase(Locale.ROOT);
        if (text.contains("no space left") || text.contains("quota exceeded") || text.contains("file too large")) {
            return BlockError.ENOSPC;
        }
        if (text.contains("operation not permitted") || text.contains("read-only file system")) {
            return BlockError.EPERM;
        }
        return text.contains("cannot allocate memory") ? BlockError.ENOMEM : BlockError.EIO;
    }

    static String text(int errno) {
        switch (errno) {
            case EPERM:
                return "operation not permitted";
            case ENOENT:
                return "no such file or directory";
            case ENXIO:
            case ENODEV:
                return "no such device";
            case EACCES:
                return "permission denied";
            case EBUSY:
                return "device or resource busy";
            case EINVAL:
                return "invalid argument";
            case ENOSPC:
                return "no space left on device";
            case EROFS:
                return "read-only file system";
            case EDQUOT:
                return "disk quota exceeded";
            case ENOMEDIUM:
                return "no medium";
            default:
                return isUnsupported(errno) ? "operation not supported" : "error number " + errno;
        }
    }
}
