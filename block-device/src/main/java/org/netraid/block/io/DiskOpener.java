/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Opens a path as a disk, and says in one sentence why it cannot. Decides what kind of file it is, makes a missing one if
 * asked, and takes the lock that keeps a second process away.
 */
final class DiskOpener {

    private static final int TYPE_MASK = 0170000;
    private static final int TYPE_REGULAR = 0100000;
    private static final int TYPE_BLOCK = 0060000;
    private static final int TYPE_FOLDER = 0040000;

    private final Path path;
    private final FileDeviceOptions options;
    private long sizeBytes;
    private int sectorBytes = 1;

    DiskOpener(Path path, FileDeviceOptions options) {
        this.path = path;
        this.options = options;
    }

    /** Known after {@link #open}. */
    long sizeBytes() {
        return sizeBytes;
    }

    /** Known after {@link #open}; 1 for a file. */
    int sectorBytes() {
        return sectorBytes;
    }

    /** May block: opening a device can wait for it. */
    RawDisk open() throws DeviceOpenException {
        FileChannel channel = null;
        NativeFile nativeFile = null;
        DirectChannel direct = null;
        try {
            create();
            boolean isBlockDevice = isBlockDevice();
            nativeFile = openNative(isBlockDevice);
            Set<OpenOption> how = options.readOnly() ? Set.of(StandardOpenOption.READ)
                    : Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE);
            channel = FileChannel.open(path, how);
            Object key = ChannelDisk.key(path);
            measure(isBlockDevice, channel, nativeFile);
            direct = options.direct() ? openDirect() : null;
            ChannelDisk disk = new ChannelDisk(path, channel, key, isBlockDevice, options.readOnly(), sectorBytes, nativeFile, direct);
            direct = null;
            channel = null;
            nativeFile = null;
            return disk;
        } catch (IOException e) {
            throw new DeviceOpenException("cannot open disk " + path + ": " + reason(e), e);
        } finally {
            closeQuietly(channel, nativeFile, direct);
        }
    }

    private void create() throws IOException {
        if (options.createBytes() == FileDeviceOptions.NO_CREATE) {
            return;
        }
        try {
            Files.createFile(path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } catch (FileAlreadyExistsException there) {
            return;
        }
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(options.createBytes());
            file.getChannel().force(true);
        } catch (IOException e) {
            Files.deleteIfExists(path);
            throw e;
        }
        Path folder = path.toAbsolutePath().getParent();
        try (FileChannel entries = FileChannel.open(folder, StandardOpenOption.READ)) {
            entries.force(true);
        }
    }

    private boolean isBlockDevice() throws IOException, DeviceOpenException {
        int type = (Integer) Files.getAttribute(path, "unix:mode") & TYPE_MASK;
        if (type == TYPE_FOLDER) {
            throw new DeviceOpenException("cannot open disk " + path + ": it is a directory");
        }
        if (type != TYPE_REGULAR && type != TYPE_BLOCK) {
            throw new DeviceOpenException("cannot open disk " + path + ": it is neither a regular file nor a block device");
        }
        return type == TYPE_BLOCK;
    }

    /** A descriptor for what Java cannot do; null where nothing of that is needed now. */
    private NativeFile openNative(boolean isBlockDevice) throws DeviceOpenException {
        if (!isBlockDevice && !options.exclusive()) {
            return null;
        }
        int flags = (options.readOnly() ? LibC.O_RDONLY : LibC.O_RDWR)
                | (isBlockDevice && options.exclusive() ? LibC.O_EXCL : 0);
        NativeFile file = NativeFile.open(path, flags);
        if (file == null) {
            int errno = LibC.lastErrno();
            throw new DeviceOpenException("cannot open disk " + path + ": " + (errno == Errno.EBUSY
                    ? "it is in use (mounted, or open exclusively in another process)" : Errno.text(errno)));
        }
        if (!isBlockDevice) {
            int errno = file.flock((options.readOnly() ? LibC.LOCK_SH : LibC.LOCK_EX) | LibC.LOCK_NB);
            if (errno != 0) {
                file.close();
                throw new DeviceOpenException("cannot open disk " + path + ": " + (errno == Errno.EAGAIN
                        ? "it is in use by another process" : "cannot lock it: " + Errno.text(errno)));
            }
        }
        return file;
    }

    private void measure(boolean isBlockDevice, FileChannel channel, NativeFile nativeFile)
            throws IOException, DeviceOpenException {
        if (isBlockDevice) {
            sizeBytes = nativeFile.blockDeviceBytes();
            sectorBytes = nativeFile.sectorBytes();
            if (sizeBytes == 0) {
                throw new DeviceOpenException("cannot open disk " + path + ": the device has no medium (its size is 0)");
            }
        } else {
            sizeBytes = channel.size();
        }
        if (options.createBytes() != FileDeviceOptions.NO_CREATE && sizeBytes != options.createBytes()) {
            throw new DeviceOpenException("cannot create disk " + path + ": it exists with " + sizeBytes + " bytes instead of "
                    + options.createBytes() + "; nothing was changed");
        }
    }

    private static String reason(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "no such file or directory";
        }
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (e instanceof FileSystemException file && file.getReason() != null) {
            return file.getReason();
        }
        return String.valueOf(e.getMessage());
    }

    private DirectChannel openDirect() throws IOException, DeviceOpenException {
        try {
            return DirectChannel.open(path, options.readOnly());
        } catch (UnsupportedOperationException | FileSystemException e) {
            throw new DeviceOpenException("cannot open disk " + path + " for direct I/O: the file system does not offer it ("
                    + e.getMessage() + ")");
        }
    }

    private static void closeQuietly(FileChannel channel, NativeFile nativeFile, DirectChannel direct) {
        if (direct != null) {
            try {
                direct.close();
            } catch (IOException nothingWritten) {
                // the other two are still to be closed
            }
        }
        if (nativeFile != null) {
            nativeFile.close();
        }
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException nothingWritten) {
                return;
            }
        }
    }
}
