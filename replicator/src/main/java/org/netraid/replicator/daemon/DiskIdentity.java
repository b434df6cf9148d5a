/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.daemon;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;

/**
 * Tells a disk from another in its place: a file by an extended attribute that a new file lacks and a moved one keeps, a block device by
 * what the kernel says of it. Inode numbers would not do: a file system uses them again.
 */
final class DiskIdentity {

    static final String ATTRIBUTE = "netraid.copy";
    private static final int MAX_BYTES = 256;
    /** Below {@code /sys/dev/block/MAJOR:MINOR}; the first that is there counts. */
    private static final String[] NAMES = {"dm/uuid", "wwid", "device/wwid", "serial", "device/serial", "../wwid", "../device/wwid",
        "../serial", "../device/serial"};

    private DiskIdentity() {
    }

    /** "" if nobody can tell. */
    static String of(Path path) {
        try {
            return Files.isRegularFile(path) ? ofFile(path) : ofDevice(path);
        } catch (IOException | UnsupportedOperationException | ClassCastException e) {
            return "";
        }
    }

    /** @return its identity from now on */
    static String mark(Path path, String mark) {
        try {
            UserDefinedFileAttributeView attributes = Files.isRegularFile(path) ? view(path) : null;
            if (attributes != null && !attributes.list().contains(ATTRIBUTE)) {
                attributes.write(ATTRIBUTE, StandardCharsets.US_ASCII.encode(mark));
            }
        } catch (IOException | UnsupportedOperationException e) {
            return "";
        }
        return of(path);
    }

    private static UserDefinedFileAttributeView view(Path file) {
        return Files.getFileAttributeView(file, UserDefinedFileAttributeView.class);
    }

    private static String ofFile(Path file) throws IOException {
        UserDefinedFileAttributeView attributes = view(file);
        if (attributes == null) {
            return "";
        }
        if (!attributes.list().contains(ATTRIBUTE)) {
            return "a file without a mark";
        }
        int size = attributes.size(ATTRIBUTE);
        ByteBuffer value = ByteBuffer.allocate(Math.min(size, MAX_BYTES));
        if (size > MAX_BYTES || attributes.read(ATTRIBUTE, value) != size) {
            return "a file with a foreign mark";
        }
        return "the file marked " + printable(new String(value.array(), StandardCharsets.ISO_8859_1));
    }

    private static String ofDevice(Path device) throws IOException {
        long number = ((Number) Files.getAttribute(device, "unix:rdev")).longValue();
        long major = number >>> 8 & 0xfff | number >>> 32 & ~0xfffL;
        long minor = number & 0xff | number >>> 12 & ~0xffL;
        Path about = Path.of("/sys/dev/block/" + major + ":" + minor);
        if (!Files.isDirectory(about)) {
            return "";
        }
        // ".." is meant as the kernel means it: the disk of a partition
        Path real = about.toRealPath();
        String part = Files.exists(real.resolve("partition")) ? " partition " + word(real.resolve("partition")) : "";
        for (String name : NAMES) {
            String word = name.startsWith("../") && part.isEmpty() ? "" : word(real.resolve(name));
            if (!word.isEmpty()) {
                return "the device " + word + part;
            }
        }
        String file = word(real.resolve("loop/backing_file"));
        return file.isEmpty() || !Files.isRegularFile(Path.of(file)) ? "" : ofFile(Path.of(file));
    }

    private static String word(Path file) throws IOException {
        return Files.isReadable(file) ? printable(Files.readString(file, StandardCharsets.ISO_8859_1).strip()) : "";
    }

    private static String printable(String text) {
        return text.substring(0, Math.min(text.length(), MAX_BYTES)).replaceAll("[^!-~]+", "_");
    }
}
