/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.benchmarks;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.netraid.nbd.wire.NbdCommand;
import org.netraid.nbd.wire.RequestHeader;
import org.netraid.nbd.wire.SimpleReply;
import org.netraid.nbd.wire.StructuredReplyChunk;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Cost of the NBD headers of one 4 KiB request: what the protocol itself adds to a write on each side. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CodecBenchmark {

    private final ByteBuffer wire = ByteBuffer.allocateDirect(64);
    private final RequestHeader request = new RequestHeader();
    private final SimpleReply reply = new SimpleReply();
    private final StructuredReplyChunk chunk = new StructuredReplyChunk();
    private long cookie;

    /** Client encodes a WRITE header, server decodes it. */
    @Benchmark
    public long requestHeader() {
        wire.clear();
        RequestHeader.encode(wire, 0, NbdCommand.WRITE, ++cookie, cookie << 12, 4096);
        wire.flip();
        if (!request.decode(wire)) {
            throw new IllegalStateException("the codec does not read what it wrote");
        }
        return request.offsetBytes() + request.cookie();
    }

    /** Server encodes a simple reply, client decodes it. */
    @Benchmark
    public long simpleReply() {
        wire.clear();
        SimpleReply.encode(wire, 0, ++cookie);
        wire.flip();
        if (!reply.decode(wire)) {
            throw new IllegalStateException("the codec does not read what it wrote");
        }
        return reply.cookie();
    }

    /** Server encodes the head of a structured READ reply, client decodes it. */
    @Benchmark
    public long structuredReadReply() {
        wire.clear();
        StructuredReplyChunk.encodeOffsetData(wire, 1, ++cookie, cookie << 12, 4096);
        wire.flip();
        if (!chunk.decode(wire)) {
            throw new IllegalStateException("the codec does not read what it wrote");
        }
        return chunk.cookie() + chunk.lengthBytes();
    }
}
