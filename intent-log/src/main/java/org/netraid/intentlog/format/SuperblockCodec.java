/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog.format;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.IntentLogLayout;
import org.netraid.intentlog.SlotState;

/**
 * The superblock on disk, 4 KiB, big-endian.
 *
 * <pre>
 *    0  magic "NRINTLOG"           8
 *    8  version                    4   1
 *   12  flags                      4   bit 0: clean
 *   16  sequence                   8
 *   24  incarnation                8
 *   32  mirror id                 16
 *   48  device size, bytes         8
 *   56  chunk size, bytes          4
 *   60  extent size, bytes         4
 *   64  activity-log slots         4
 *   68  ring places                4
 *   72  ring life                  4
 *   76  node name length           4
 *   80  node name, UTF-8          64
 *  144  slots, 7 x 80:
 *        +0  state                 1   0 UNUSED, 1 TRACKING, 2 STALE, 3 FULL_RESYNC
 *        +1  fill                  1   pages never written are all 0 (0) or all 1 (1)
 *        +2  name length           2
 *        +4  life                  4
 *        +8  reserved              8
 *       +16  name, UTF-8          64
 *  704  zero
 * 4092  CRC32C of bytes 0 to 4091  4
 * </pre>
 */
public final class SuperblockCodec {

    public static final int VERSION = 1;
    public static final int NAME_BYTES = 64;
    static final long MAGIC = 0x4e52494e544c4f47L;
    private static final int VERSION_AT = 8;
    private static final int FLAGS_AT = 12;
    private static final int SEQUENCE_AT = 16;
    private static final int INCARNATION_AT = 24;
    private static final int MIRROR_ID_AT = 32;
    private static final int DEVICE_SIZE_AT = 48;
    private static final int CHUNK_AT = 56;
    private static final int EXTENT_AT = 60;
    private static final int AL_SLOTS_AT = 64;
    private static final int RING_PLACES_AT = 68;
    private static final int RING_LIFE_AT = 72;
    private static final int NODE_LENGTH_AT = 76;
    private static final int NODE_AT = 80;
    private static final int SLOTS_AT = 144;
    private static final int SLOT_BYTES = 80;
    private static final int SLOT_NAME_AT = 16;
    private static final int CLEAN = 1;
    private static final SlotState[] STATES = SlotState.values();

    private SuperblockCodec() {
    }

    /** Writes the block at the start of the buffer. */
    public static void encode(Superblock superblock, ByteBuffer to) {
        LogBlock.clear(to, 0);
        to.putLong(0, MAGIC);
        to.putInt(VERSION_AT, VERSION);
        to.putInt(FLAGS_AT, superblock.clean() ? CLEAN : 0);
        to.putLong(SEQUENCE_AT, superblock.sequence());
        to.putLong(INCARNATION_AT, superblock.incarnation());
        to.putLong(MIRROR_ID_AT, superblock.mirrorId().getMostSignificantBits());
        to.putLong(MIRROR_ID_AT + Long.BYTES, superblock.mirrorId().getLeastSignificantBits());
        to.putLong(DEVICE_SIZE_AT, superblock.deviceSizeBytes());
        to.putInt(CHUNK_AT, superblock.chunkBytes());
        to.putInt(EXTENT_AT, superblock.extentBytes());
        to.putInt(AL_SLOTS_AT, superblock.alSlots());
        to.putInt(RING_PLACES_AT, superblock.ringPlaces());
        to.putInt(RING_LIFE_AT, superblock.ringLife());
        to.putInt(NODE_LENGTH_AT, putName(to, NODE_AT, superblock.nodeName()));
        for (int k = 0; k < IntentLog.MAX_SLOTS; k++) {
            encodeSlot(superblock.slots().get(k), to, SLOTS_AT + k * SLOT_BYTES);
        }
        LogBlock.seal(to, 0);
    }

    private static void encodeSlot(Superblock.Slot slot, ByteBuffer to, int at) {
        to.put(at, (byte) slot.state().ordinal());
        to.put(at + 1, (byte) (slot.fillOnes() ? 1 : 0));
        to.putShort(at + 2, (short) putName(to, at + SLOT_NAME_AT, slot.name()));
        to.putInt(at + 4, slot.life());
    }

    private static int putName(ByteBuffer to, int at, String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > NAME_BYTES) {
            throw new IllegalArgumentException("node name of " + bytes.length + " bytes is longer than " + NAME_BYTES + ": " + name);
        }
        to.put(at, bytes);
        return bytes.length;
    }

    /** True if the block holds nothing at all: never written. */
    public static boolean isBlank(ByteBuffer from) {
        return LogBlock.isZero(from, 0);
    }

    /** What is wrong with the block at the start of the buffer, in a few words for people; null if nothing is. */
    public static String problem(ByteBuffer from) {
        if (from.getLong(0) != MAGIC) {
            return LogBlock.isZero(from, 0) ? "blank" : "not an intent log (magic missing)";
        }
        if (!LogBlock.isIntact(from, 0)) {
            return "damaged (checksum differs)";
        }
        if (from.getInt(VERSION_AT) != VERSION) {
            return "of version " + Integer.toUnsignedString(from.getInt(VERSION_AT)) + ", this program reads " + VERSION;
        }
        String dimensions = IntentLogLayout.problem(from.getLong(DEVICE_SIZE_AT), from.getInt(CHUNK_AT), from.getInt(AL_SLOTS_AT));
        if (dimensions != null) {
            return "senseless (" + dimensions + ")";
        }
        if (from.getInt(EXTENT_AT) != IntentLogLayout.EXTENT_BYTES) {
            return "of another extent size (" + from.getInt(EXTENT_AT) + ")";
        }
        IntentLogLayout layout = new IntentLogLayout(from.getLong(DEVICE_SIZE_AT), from.getInt(CHUNK_AT), from.getInt(AL_SLOTS_AT));
        if (from.getInt(RING_PLACES_AT) != layout.ringPlaces()) {
            return "of another ring size (" + from.getInt(RING_PLACES_AT) + ")";
        }
        return namesAreBounded(from) ? null : "senseless (name length)";
    }

    private static boolean namesAreBounded(ByteBuffer from) {
        boolean bounded = from.getInt(NODE_LENGTH_AT) >= 0 && from.getInt(NODE_LENGTH_AT) <= NAME_BYTES;
        for (int k = 0; k < IntentLog.MAX_SLOTS; k++) {
            int at = SLOTS_AT + k * SLOT_BYTES;
            bounded &= from.get(at) >= 0 && from.get(at) < STATES.length;
            bounded &= from.getShort(at + 2) >= 0 && from.getShort(at + 2) <= NAME_BYTES;
        }
        return bounded;
    }

    /** Reads a block in which {@link #problem} found none. */
    public static Superblock decode(ByteBuffer from) {
        List<Superblock.Slot> slots = new ArrayList<>(IntentLog.MAX_SLOTS);
        for (int k = 0; k < IntentLog.MAX_SLOTS; k++) {
            int at = SLOTS_AT + k * SLOT_BYTES;
            slots.add(new Superblock.Slot(STATES[from.get(at)], from.get(at + 1) != 0, from.getInt(at + 4),
                    name(from, at + SLOT_NAME_AT, from.getShort(at + 2))));
        }
        return new Superblock(from.getLong(SEQUENCE_AT), from.getLong(INCARNATION_AT),
                new UUID(from.getLong(MIRROR_ID_AT), from.getLong(MIRROR_ID_AT + Long.BYTES)),
                name(from, NODE_AT, from.getInt(NODE_LENGTH_AT)), from.getLong(DEVICE_SIZE_AT), from.getInt(CHUNK_AT),
                from.getInt(EXTENT_AT), from.getInt(AL_SLOTS_AT), from.getInt(RING_PLACES_AT), from.getInt(RING_LIFE_AT),
                (from.getInt(FLAGS_AT) & CLEAN) != 0, slots);
    }

    private static String name(ByteBuffer from, int at, int length) {
        byte[] bytes = new byte[length];
        from.get(at, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
