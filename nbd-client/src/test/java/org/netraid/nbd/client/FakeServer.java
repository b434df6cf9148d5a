/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import net.jpountz.lz4.LZ4Factory;
import org.netraid.link.Link;
import org.netraid.link.LinkAddress;
import org.netraid.link.LinkFactory;
import org.netraid.link.LinkHandler;

/**
 * A small NBD server on simulated links that can also misbehave. Written from the protocol's text with its own constants,
 * sharing no code with the client or with our server.
 */
final class FakeServer {

    static final LinkAddress ADDRESS = LinkAddress.tcp("server", 10809);
    static final int READ = 0;
    static final int WRITE = 1;
    static final int DISC = 2;
    static final int FLUSH = 3;
    static final int TRIM = 4;
    static final int ZEROES = 6;
    static final int STATUS = 7;
    static final int WRITE_LZ4 = 0x4e03;
    static final int CONTEXT_ID = 0x7777;

    /** A command as it arrived. */
    record Command(int flags, int type, long cookie, long offset, long length, byte[] data) {
        @Override
        public String toString() {
            return type + " " + length + "@" + offset + (flags == 0 ? "" : "/" + flags);
        }
    }

    byte[] disk;
    int flags = 0x01 | 0x04 | 0x08 | 0x20 | 0x40 | 0x800;
    int[] blockSizes = {1, 4096, 32 << 20};
    boolean structured = true;
    /** Offers extended headers. */
    boolean extended;
    /** Offers base:allocation. */
    boolean allocation;
    /** Metadata contexts it selects, numbered from CONTEXT_ID on; null for base:allocation if {@link #allocation}. */
    String[] contexts;
    boolean silentHandshake;
    /** What to do with each command; the default carries it out at once. */
    Consumer<Command> onCommand = this::serve;
    final List<Command> commands = new ArrayList<>();
    int connections;
    boolean disconnected;
    String violation = "";

    private Session session;

    FakeServer(int sizeBytes) {
        disk = new byte[sizeBytes];
    }

    void listen(LinkFactory links) {
        links.listen(ADDRESS, peer -> {
            connections++;
            session = new Session();
            return session;
        }, bound -> { }, failed -> {
            throw new AssertionError(failed);
        });
    }

    Link link() {
        return session.link;
    }

    void serve(Command command) {
        int at = (int) command.offset;
        int length = (int) command.length;
        switch (command.type) {
            case READ -> {
                byte[] data = new byte[length];
                System.arraycopy(disk, at, data, 0, length);
                replyRead(command, data);
            }
            case WRITE -> {
                System.arraycopy(command.data, 0, disk, at, length);
                ok(command);
            }
            case ZEROES -> {
                java.util.Arrays.fill(disk, at, at + length, (byte) 0);
                ok(command);
            }
            case WRITE_LZ4 -> {
                ByteBuffer payload = ByteBuffer.wrap(command.data);
                int dataBytes = payload.getInt(0);
                LZ4Factory.safeInstance().safeDecompressor().decompress(command.data, 4, command.data.length - 4, disk, at, dataBytes);
                ok(command);
            }
            case STATUS -> status(command, length, 0);
            default -> ok(command);
        }
    }

    /** @param lengthsAndStatus of each extent */
    void status(Command command, int... lengthsAndStatus) {
        if (session.negotiatedExtended) {
            ByteBuffer wide = ByteBuffer.allocate(8 + 8 * lengthsAndStatus.length).putInt(CONTEXT_ID).putInt(lengthsAndStatus.length / 2);
            for (int number : lengthsAndStatus) {
                wide.putLong(number);
            }
            chunk(command.cookie, 1, 6, wide.array());
            return;
        }
        ByteBuffer payload = ByteBuffer.allocate(4 + 4 * lengthsAndStatus.length).putInt(CONTEXT_ID);
        for (int number : lengthsAndStatus) {
            payload.putInt(number);
        }
        chunk(command.cookie, 1, 5, payload.array());
    }

    void replyRead(Command command, byte[] data) {
        if (session.negotiatedStructured) {
            chunk(command.cookie, 1, 1, ByteBuffer.allocate(8 + data.length).putLong(command.offset).put(data).array());
        } else {
            simple(command.cookie, 0, data);
        }
    }

    void ok(Command command) {
        simple(command.cookie, 0);
    }

    void simple(long cookie, int error, byte... data) {
        if (session.negotiatedExtended) {
            if (error == 0) {
                chunk(cookie, 1, 0);
            } else {
                chunk(cookie, 1, 0x8001, errorPayload(error, ""));
            }
            return;
        }
        raw(ByteBuffer.allocate(16 + data.length).putInt(0x67446698).putInt(error).putLong(cookie).put(data).array());
    }

    void chunk(long cookie, int chunkFlags, int type, byte... payload) {
        if (session.negotiatedExtended) {
            long offset = commands.stream().filter(c -> c.cookie == cookie).findFirst().map(c -> c.offset).orElse(0L);
            extendedChunk(cookie, chunkFlags, type, offset, payload);
            return;
        }
        raw(ByteBuffer.allocate(20 + payload.length).putInt(0x668e33ef).putShort((short) chunkFlags).putShort((short) type)
                .putLong(cookie).putInt(payload.length).put(payload).array());
    }

    void extendedChunk(long cookie, int chunkFlags, int type, long offset, byte... payload) {
        raw(ByteBuffer.allocate(32 + payload.length).putInt(0x6e8a278c).putShort((short) chunkFlags).putShort((short) type)
                .putLong(cookie).putLong(offset).putLong(payload.length).put(payload).array());
    }

    void data(Command command, int chunkFlags, long offset, int length) {
        chunk(command.cookie, chunkFlags, 1, ByteBuffer.allocate(8 + length).putLong(offset)
                .put(disk, (int) offset, length).array());
    }

    static byte[] errorPayload(int errno, String message) {
        byte[] text = message.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(6 + text.length).putInt(errno).putShort((short) text.length).put(text).array();
    }

    void raw(byte... bytes) {
        session.link.write(ByteBuffer.wrap(bytes), null);
        session.link.flush();
    }

    private final class Session implements LinkHandler {
        private final ByteArrayOutputStream received = new ByteArrayOutputStream();
        private Link link;
        private boolean clientFlagsSeen;
        private boolean transmission;
        private boolean negotiatedStructured;
        private boolean negotiatedExtended;
        private boolean left;

        @Override
        public void onOpen(Link opened) {
            link = opened;
            if (!silentHandshake) {
                raw(ByteBuffer.allocate(18).putLong(0x4e42444d41474943L).putLong(0x49484156454F5054L).putShort((short) 3).array());
            }
        }

        @Override
        public void onBytes(ByteBuffer bytes) {
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(copy);
            received.writeBytes(copy);
            ByteBuffer all = ByteBuffer.wrap(received.toByteArray());
            int used = 0;
            while (violation.isEmpty() && !left && take(all)) {
                used = all.position();
            }
            received.reset();
            received.write(all.array(), used, all.limit() - used);
        }

        private boolean take(ByteBuffer in) {
            if (!clientFlagsSeen) {
                if (in.remaining() < 4) {
                    return false;
                }
                check(in.getInt() == 3, "client flags");
                clientFlagsSeen = true;
                return true;
            }
            return transmission ? takeCommand(in) : takeOption(in);
        }

        private boolean takeOption(ByteBuffer in) {
            if (in.remaining() < 16 || in.remaining() < 16 + in.getInt(in.position() + 12)) {
                return false;
            }
            check(in.getLong() == 0x49484156454F5054L, "option magic");
            int option = in.getInt();
            byte[] data = new byte[in.getInt()];
            in.get(data);
            switch (option) {
                case 8 -> {
                    negotiatedStructured = structured;
                    reply(option, structured ? 1 : 0x80000001);
                }
                case 11 -> {
                    negotiatedExtended = extended;
                    negotiatedStructured = extended;
                    reply(option, extended ? 1 : 0x80000001);
                }
                case 7 -> {
                    reply(option, 3, ByteBuffer.allocate(12).putShort((short) 0).putLong(disk.length).putShort((short) flags).array());
                    if (blockSizes != null) {
                        reply(option, 3, ByteBuffer.allocate(14).putShort((short) 3).putInt(blockSizes[0])
                                .putInt(blockSizes[1]).putInt(blockSizes[2]).array());
                    }
                    transmission = true;
                    reply(option, 1);
                }
                case 10 -> {
                    String[] selected = contexts != null ? contexts : allocation ? new String[] {"base:allocation"} : new String[0];
                    for (int i = 0; i < selected.length; i++) {
                        byte[] name = selected[i].getBytes(StandardCharsets.UTF_8);
                        reply(option, 4, ByteBuffer.allocate(4 + name.length).putInt(CONTEXT_ID + i).put(name).array());
                    }
                    reply(option, selected.length > 0 ? 1 : 0x80000001);
                }
                case 2 -> link.close();
                default -> reply(option, 0x80000001);
            }
            return true;
        }

        private void reply(int option, int type, byte... data) {
            raw(ByteBuffer.allocate(20 + data.length).putLong(0x0003e889045565a9L).putInt(option).putInt(type)
                    .putInt(data.length).put(data).array());
        }

        private boolean takeCommand(ByteBuffer in) {
            int header = negotiatedExtended ? 32 : 28;
            if (in.remaining() < header) {
                return false;
            }
            int type = in.getShort(in.position() + 6);
            int length = in.getInt(in.position() + header - 4);
            check(!negotiatedExtended || in.getInt(in.position() + 24) == 0, "length above 4 GiB");
            boolean payload = type == WRITE || type == WRITE_LZ4;
            if (payload && in.remaining() < header + length) {
                return false;
            }
            check(in.getInt() == (negotiatedExtended ? 0x21e41c71 : 0x25609513), "request magic");
            int commandFlags = in.getShort();
            check(((commandFlags & 32) != 0) == (negotiatedExtended && payload), "PAYLOAD_LEN");
            commandFlags &= ~32;
            in.getShort();
            long cookie = in.getLong();
            long offset = in.getLong();
            in.position(in.position() + header - 24);
            byte[] data = new byte[payload ? length : 0];
            in.get(data);
            if (type == DISC) {
                disconnected = true;
                left = true;
                link.close();
                return true;
            }
            checkLimits(type, offset, length);
            Command command = new Command(commandFlags, type, cookie, offset, Integer.toUnsignedLong(length), data);
            commands.add(command);
            onCommand.accept(command);
            return true;
        }

        private void checkLimits(int type, long offset, int length) {
            int min = blockSizes == null ? 1 : blockSizes[0];
            check(type == WRITE_LZ4 || offset % min == 0 && length % min == 0, "unaligned " + type + " " + length + "@" + offset);
            check(offset >= 0 && offset + length <= disk.length, "beyond the end");
            if (type == READ || type == WRITE) {
                check(blockSizes == null || length <= blockSizes[2], "payload " + length);
            }
            int needs = type == FLUSH ? 4 : type == TRIM ? 0x20 : type == ZEROES ? 0x40 : 0;
            check((flags & needs) == needs, "command " + type + " was not offered");
        }

        private void check(boolean good, String what) {
            if (!good && violation.isEmpty()) {
                violation = what;
            }
        }

        @Override
        public void onClosed(String reason) {
            // the test looks at what it wants to know
        }
    }
}
