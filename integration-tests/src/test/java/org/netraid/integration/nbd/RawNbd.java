/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.netraid.nbd.wire.NbdUri;

/**
 * A client that knows the protocol by heart and nothing of our codecs: every number is written out here, so that a wrong
 * constant in the product cannot hide.
 */
final class RawNbd implements AutoCloseable {

    private final SocketChannel channel;
    private final DataInputStream in;
    private final DataOutputStream out;
    private final String exportName;
    boolean structured;
    long size;
    int flags;

    RawNbd(String uri) throws IOException {
        NbdUri parsed = NbdUri.parse(uri);
        exportName = parsed.exportName();
        if (parsed.address().isUnix()) {
            channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            channel.connect(UnixDomainSocketAddress.of(parsed.address().socketPath()));
        } else {
            channel = SocketChannel.open(new InetSocketAddress(parsed.address().host(), parsed.address().port()));
        }
        in = new DataInputStream(Channels.newInputStream(channel));
        out = new DataOutputStream(Channels.newOutputStream(channel));
    }

    RawNbd greet(int clientFlags) throws IOException {
        assertThat(bytes(16)).isEqualTo("NBDMAGICIHAVEOPT".getBytes(StandardCharsets.US_ASCII));
        assertThat(in.readUnsignedShort()).isEqualTo(3);
        out.writeInt(clientFlags);
        return this;
    }

    static RawNbd connect(String uri, boolean structured) throws IOException {
        RawNbd nbd = new RawNbd(uri).greet(3);
        if (structured) {
            assertThat(nbd.option(8, new byte[0])).isEqualTo(1);
            nbd.structured = true;
        }
        assertThat(nbd.go()).isEqualTo(1);
        return nbd;
    }

    void send(byte[] raw) throws IOException {
        OutputStream stream = out;
        stream.write(raw);
        stream.flush();
    }

    byte[] bytes(int length) throws IOException {
        InputStream stream = in;
        byte[] read = stream.readNBytes(length);
        if (read.length < length) {
            throw new EOFException("connection closed by the server");
        }
        return read;
    }

    /** Type of the final reply; the replies before it are dropped, except export information. */
    int option(int option, byte[] data) throws IOException {
        send(ByteBuffer.allocate(16 + data.length).put("IHAVEOPT".getBytes(StandardCharsets.US_ASCII)).putInt(option)
                .putInt(data.length).put(data).array());
        while (true) {
            assertThat(in.readLong()).isEqualTo(0x3e889045565a9L);
            assertThat(in.readInt()).isEqualTo(option);
            int type = in.readInt();
            ByteBuffer body = ByteBuffer.wrap(bytes(in.readInt()));
            if (type == 3 && body.getShort(0) == 0) {
                size = body.getLong(2);
                flags = Short.toUnsignedInt(body.getShort(10));
            }
            if (type == 1 || type < 0) {
                return type;
            }
        }
    }

    int go() throws IOException {
        return option(7, infoData(exportName));
    }

    static byte[] infoData(String name) {
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(6 + text.length).putInt(text.length).put(text).putShort((short) 0).array();
    }

    void request(int type, int commandFlags, long cookie, long offset, int length, byte... payload) throws IOException {
        send(ByteBuffer.allocate(28 + payload.length).putInt(0x25609513).putShort((short) commandFlags).putShort((short) type)
                .putLong(cookie).putLong(offset).putInt(length).put(payload).array());
    }

    /** What came back for one request. */
    record Answer(int error, byte[] data) {
    }

    /** Sends one request and takes its whole answer apart, alone on the wire. */
    Answer ask(int type, int commandFlags, long offset, int length, byte... payload) throws IOException {
        long cookie = 0xfedcba9876543210L ^ offset;
        request(type, commandFlags, cookie, offset, length, payload);
        int magic = in.readInt();
        if (magic == 0x67446698) {
            assertThat(structured && type == 0).as("simple reply to READ after structured replies").isFalse();
            int error = in.readInt();
            assertThat(in.readLong()).isEqualTo(cookie);
            return new Answer(error, bytes(type == 0 && error == 0 ? length : 0));
        }
        assertThat(magic).isEqualTo(0x668e33ef);
        assertThat(structured).isTrue();
        assertThat(in.readUnsignedShort()).as("DONE: this server sends one chunk").isEqualTo(1);
        int chunk = in.readUnsignedShort();
        assertThat(in.readLong()).isEqualTo(cookie);
        ByteBuffer body = ByteBuffer.wrap(bytes(in.readInt()));
        if (chunk == 0x8001) {
            int error = body.getInt();
            assertThat(body.getShort()).isEqualTo((short) body.remaining());
            return new Answer(error, new byte[0]);
        }
        if (chunk == 0) {
            assertThat(body.hasRemaining()).isFalse();
            return new Answer(0, new byte[0]);
        }
        assertThat(chunk).isEqualTo(1);
        assertThat(body.getLong()).isEqualTo(offset);
        byte[] data = new byte[body.remaining()];
        body.get(data);
        assertThat(data).hasSize(length);
        return new Answer(0, data);
    }

    /** Says that nothing more will be sent; answers can still come. */
    void shutdownOutput() throws IOException {
        channel.shutdownOutput();
    }

    /** True if the server closes; what it still sends is dropped. */
    boolean isClosedByServer() throws IOException {
        try {
            while (in.read() >= 0) {
                continue;
            }
            return true;
        } catch (IOException reset) {
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
