/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.journal.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.netraid.intentlog.IntentLog;

/**
 * Whose journal it is and how far its targets are: one mapped page, so that a change is there as soon as it is made, whatever becomes of
 * the process. All numbers big-endian.
 *
 * <pre>
 *    0  magic "NRJP", version 1          4 + 4
 *    8  mirror                           8
 *   16  boot of the machine             16
 *   32  CRC32C of bytes 0 to 31          4
 *  128 + 64 x slot:  attached 0 or 1     8, token 8, flushed 8, sent 8
 * </pre>
 */
final class PositionsFile {

    static final String NAME = "positions";
    private static final int BYTES = 4096;
    private static final int MAGIC = 0x4E524A50;
    private static final int VERSION = 1;
    private static final int CRC_AT = 32;
    private static final int SLOTS_AT = 128;
    private static final int SLOT_BYTES = 64;
    private static final int TOKEN = 8;
    private static final int FLUSHED = 16;
    private static final int SENT = 24;
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    private final MappedByteBuffer page;

    private PositionsFile(MappedByteBuffer page) {
        this.page = page;
    }

    static PositionsFile create(Path folder, long mirrorId) throws IOException {
        PositionsFile file = map(folder, StandardOpenOption.CREATE_NEW);
        UUID boot = bootId();
        file.page.putInt(0, MAGIC).putInt(4, VERSION).putLong(8, mirrorId).putLong(16, boot.getMostSignificantBits())
                .putLong(24, boot.getLeastSignificantBits()).putInt(CRC_AT, file.sum());
        return file;
    }

    static PositionsFile open(Path folder) throws IOException {
        if (Files.size(folder.resolve(NAME)) != BYTES) {
            throw new IOException(folder.resolve(NAME) + " has " + Files.size(folder.resolve(NAME)) + " bytes, not " + BYTES);
        }
        return map(folder, StandardOpenOption.WRITE);
    }

    private static PositionsFile map(Path folder, StandardOpenOption how) throws IOException {
        try (FileChannel channel = FileChannel.open(folder.resolve(NAME), StandardOpenOption.READ, StandardOpenOption.WRITE, how)) {
            if (channel.size() == 0) {
                // real blocks: a store to a page without one would fail
                channel.write(ByteBuffer.allocate(BYTES), 0);
            }
            return new PositionsFile(channel.map(FileChannel.MapMode.READ_WRITE, 0, BYTES));
        }
    }

    /** Another one after every start of the machine; without the kernel's word one that fits none. */
    private static UUID bootId() {
        try {
            return UUID.fromString(Files.readString(BOOT_ID).trim());
        } catch (IOException | IllegalArgumentException e) {
            return UUID.randomUUID();
        }
    }

    private int sum() {
        CRC32C crc = new CRC32C();
        crc.update(page.duplicate().clear().limit(CRC_AT));
        return (int) crc.getValue();
    }

    /** @return "" or why it must be set aside, unread */
    String foreignness(long mirrorId) {
        if (page.getInt(0) != MAGIC || page.getInt(CRC_AT) != sum()) {
            return "it is damaged";
        }
        if (page.getInt(4) != VERSION) {
            return "it has version " + page.getInt(4) + ", this program knows " + VERSION;
        }
        return page.getLong(8) == mirrorId ? "" : "it belongs to another mirror";
    }

    /** True if the machine has not been started anew since: only then all of it is certain to be there. */
    boolean isOfThisBoot() {
        UUID boot = bootId();
        return page.getLong(16) == boot.getMostSignificantBits() && page.getLong(24) == boot.getLeastSignificantBits();
    }

    private static int at(int slot) {
        return SLOTS_AT + SLOT_BYTES * slot;
    }

    /** The last store makes it valid. */
    void attach(int slot, long token, long flushed, long sent) {
        page.putLong(at(slot), 0);
        page.putLong(at(slot) + TOKEN, token).putLong(at(slot) + FLUSHED, flushed).putLong(at(slot) + SENT, sent);
        page.putLong(at(slot), 1);
    }

    void detach(int slot) {
        page.putLong(at(slot), 0);
    }

    void sent(int slot, long sequence) {
        page.putLong(at(slot) + SENT, sequence);
    }

    void flushed(int slot, long sequence) {
        page.putLong(at(slot) + FLUSHED, sequence);
    }

    boolean isAttached(int slot) {
        return page.getLong(at(slot)) == 1;
    }

    boolean isAttached() {
        for (int slot = 0; slot < IntentLog.MAX_SLOTS; slot++) {
            if (isAttached(slot)) {
                return true;
            }
        }
        return false;
    }

    long token(int slot) {
        return page.getLong(at(slot) + TOKEN);
    }

    long sent(int slot) {
        return page.getLong(at(slot) + SENT);
    }

    long flushed(int slot) {
        return page.getLong(at(slot) + FLUSHED);
    }
}
