/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCounted;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.netraid.block.StoredBytes;
import org.netraid.block.io.FileBytes;
import org.netraid.link.Link;
import org.netraid.link.LinkHandler;
import org.netraid.link.LinkTls;
import org.netraid.time.EventLoop;

/**
 * One socket. All methods and callbacks on the loop.
 *
 * <pre>
 *   OPEN --close()--> CLOSING (sends the queue, shuts its half, drops what arrives) --+--> CLOSED
 *    |                                                                                |
 *    +--- abort(), end of stream, error ----------------------------------------------+
 * </pre>
 *
 * While reading is off Netty does not read the socket; at most two reads' worth of bytes (what the handler left and what
 * a hang-up of the other end pushed in) is held in {@link #unread}.
 *
 * <p>A direct buffer is sent from where it is, by {@link DirectOutput} while the kernel keeps up and else by Netty's queue; a heap
 * buffer is copied once, because the kernel needs a fixed address. Bytes are received in the loop's buffer ({@link LoopMemory}) or
 * in the handler's own.
 * A write's {@code released} may run inside {@link #flush}, when the kernel takes the bytes at once.
 */
final class NettyLink extends ChannelInboundHandlerAdapter implements Link {

    private enum State { NEW, OPEN, CLOSING, CLOSED }

    private final NettyEventLoop loop;
    private final LinkHandler handler;
    private final NettyLinkOptions options;
    private final String peer;
    private final Channel channel;
    private final Executor tlsTasks;
    private final BooleanSupplier mayOpen;
    private final Runnable redeliverTask = this::redeliver;
    private final Runnable writableTask = this::tellWritable;

    private State state = State.NEW;
    /** The handler knows of this link, and must hear of its end. */
    private boolean opened;
    private boolean reading = true;
    private boolean delivering;
    private boolean redeliverPosted;
    private boolean writablePosted;
    private boolean outputShut;
    private boolean cutting;
    /** Bytes the handler has not consumed; null if none. */
    private ByteBuf unread;
    private String closeReason = LinkReasons.CLOSED_THERE;
    private EventLoop.Timer closeTimer;
    /** In front of this handler once TLS has been started; else null. */
    private SslHandler tls;
    private Runnable secured;
    /** The way past Netty's queue; null where the socket is not one of epoll's. */
    private final DirectOutput output;
    private final LoopMemory memory;
    /** The handler's memory, being read into; else null. */
    private ByteBuf placed;

    /**
     * @param tlsTasks runs what takes long in a TLS handshake
     * @param mayOpen asked once when the stream is up; false drops it without a word to the handler
     */
    NettyLink(NettyEventLoop loop, Channel channel, String peer, LinkHandler handler, NettyLinkOptions options,
            Executor tlsTasks, BooleanSupplier mayOpen) {
        this.tlsTasks = tlsTasks;
        this.mayOpen = mayOpen;
        this.loop = loop;
        this.channel = channel;
        this.peer = peer;
        this.handler = handler;
        this.options = options;
        this.memory = loop.memory();
        this.output = channel instanceof UnixChannel unix && unix.fd() instanceof Socket socket
                ? new DirectOutput(socket, memory, options.writeHighBytes(), this::release) : null;
        channel.config().setRecvByteBufAllocator(new LinkReceiver(options.maxReadBytes(), this::receiveTarget));
    }

    @Override
    public String peer() {
        return peer;
    }

    // Sending

    @Override
    public void write(ByteBuffer bytes, Runnable released) {
        if (state != State.OPEN) {
            if (released != null) {
                loop.execute(released);
            }
            return;
        }
        if (output != null && tls == null && isQueueEmpty() && output.offer(bytes, released)) {
            return;
        }
        spill();
        queue(bytes, released);
    }

    /** Netty's queue, which is used while the kernel does not keep up. */
    private boolean isQueueEmpty() {
        ChannelOutboundBuffer queue = channel.unsafe().outboundBuffer();
        return queue != null && queue.isEmpty() && queue.totalPendingWriteBytes() == 0;
    }

    private void spill() {
        if (output != null && !output.isEmpty()) {
            output.moveTo(this::queue);
        }
    }

    @Override
    public boolean canTransfer() {
        return output != null && tls == null;
    }

    @Override
    public void transfer(StoredBytes from, long offsetBytes, long lengthBytes, Runnable released) {
        if (state != State.OPEN) {
            loop.execute(released);
            return;
        }
        spill();
        queue(new FilePart(((FileBytes) from).channel(), offsetBytes, lengthBytes), released);
    }

    private void queue(ByteBuffer bytes, Runnable released) {
        queue(Unpooled.wrappedBuffer(bytes), released);
    }

    private void queue(ReferenceCounted bytes, Runnable released) {
        if (released == null) {
            channel.write(bytes, channel.voidPromise());
            return;
        }
        ChannelFuture sent = channel.write(bytes);
        // The listener of a future that is done already would run inside this call.
        if (sent.isDone()) {
            loop.execute(released);
        } else {
            sent.addListener(done -> {
                if (!done.isSuccess() && state == State.OPEN) {
                    closeReason = LinkReasons.of(done.cause());
                }
                release(released);
            });
        }
    }

    private void release(Runnable released) {
        if (cutting) {
            loop.execute(released);
            return;
        }
        try {
            released.run();
        } catch (Throwable thrown) {
            fail(thrown);
        }
    }

    @Override
    public void flush() {
        if (state != State.OPEN) {
            return;
        }
        if (output == null || output.isEmpty()) {
            channel.flush();
            return;
        }
        try {
            if (!output.flush() && state == State.OPEN) {
                spill();
                channel.flush();
            }
        } catch (IOException e) {
            if (state == State.OPEN) {
                closeReason = LinkReasons.of(e);
            }
            cut();
        }
    }

    @Override
    public boolean isWritable() {
        return state == State.OPEN && channel.isWritable();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        // Netty says this from inside write() and flush(); the handler hears it in a turn of its own.
        if (state == State.OPEN && channel.isWritable() && !writablePosted) {
            writablePosted = true;
            loop.execute(writableTask);
        }
    }

    private void tellWritable() {
        writablePosted = false;
        if (isWritable()) {
            try {
                handler.onWritable();
            } catch (Throwable thrown) {
                fail(thrown);
            }
        }
    }

    // Receiving

    @Override
    public void channelActive(ChannelHandlerContext context) {
        if (state != State.NEW) {
            return;
        }
        if (!mayOpen.getAsBoolean()) {
            cut();
            return;
        }
        state = State.OPEN;
        opened = true;
        try {
            handler.onOpen(this);
        } catch (Throwable thrown) {
            fail(thrown);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        if (state != State.OPEN) {
            bytes.release();
            return;
        }
        if (bytes == placed) {
            placed = null;
            onPlaced(bytes);
            return;
        }
        if (unread != null) {
            bytes = joined(unread, bytes);
            unread = null;
        }
        deliver(bytes);
    }

    /** Hands the bytes to the handler and keeps what it leaves. Takes over the buffer. */
    private void deliver(ByteBuf bytes) {
        if (!reading || delivering) {
            unread = owned(bytes);
            return;
        }
        delivering = true;
        int left;
        try {
            // a view of its own would be an allocation with each read
            ByteBuffer view = memory.isShared(bytes) ? bytes.internalNioBuffer(bytes.readerIndex(), bytes.readableBytes())
                    : bytes.nioBuffer();
            handler.onBytes(view);
            left = view.remaining();
        } catch (Throwable thrown) {
            bytes.release();
            fail(thrown);
            return;
        } finally {
            delivering = false;
        }
        if (left == 0 || state != State.OPEN) {
            bytes.release();
            return;
        }
        bytes.readerIndex(bytes.writerIndex() - left);
        unread = owned(bytes);
        if (secured != null) {
            endForTls("plain bytes came before TLS had begun");
            return;
        }
        if (reading && !redeliverPosted) {
            fail(new IllegalStateException(handler.getClass().getName() + " left " + left
                    + " received bytes unconsumed without turning reading off"));
        }
    }

    /** What may be kept beyond this turn. */
    private ByteBuf owned(ByteBuf bytes) {
        if (!memory.isShared(bytes)) {
            return bytes;
        }
        ByteBuf copy = channel.alloc().ioBuffer(bytes.readableBytes()).writeBytes(bytes);
        bytes.release();
        return copy;
    }

    /** Where the next read goes: to where the handler wants it, or to the loop's buffer; null for a buffer of its own. */
    private ByteBuf receiveTarget() {
        placed = null;
        if (tls != null) {
            // the bytes of the socket are not the handler's bytes
            return null;
        }
        ByteBuffer wanted = state == State.OPEN && reading && unread == null ? handler.receiveBuffer() : null;
        if (wanted != null) {
            placed = Unpooled.wrappedBuffer(wanted).clear();
            return placed;
        }
        return memory.receiveBuffer(options.maxReadBytes());
    }

    private void onPlaced(ByteBuf bytes) {
        int count = bytes.readableBytes();
        bytes.release();
        delivering = true;
        try {
            handler.onReceived(count);
        } catch (Throwable thrown) {
            fail(thrown);
        } finally {
            delivering = false;
        }
    }

    /** With room to grow: one read of a TLS socket comes in many records, and each would copy all before it. */
    private ByteBuf joined(ByteBuf first, ByteBuf second) {
        int bytes = first.readableBytes() + second.readableBytes();
        ByteBuf both = first;
        if (memory.isShared(first) || first.refCnt() != 1 || !first.isWritable(second.readableBytes())) {
            both = channel.alloc().ioBuffer(Math.max(bytes, Math.min(2 * bytes, 2 * options.maxReadBytes()))).writeBytes(first);
            first.release();
        }
        both.writeBytes(second);
        second.release();
        return both;
    }

    @Override
    public void setReading(boolean on) {
        if (reading == on || state != State.OPEN) {
            return;
        }
        reading = on;
        if (!on) {
            channel.config().setAutoRead(false);
        } else if (!redeliverPosted) {
            // In a turn of its own: the handler is never called inside setReading.
            redeliverPosted = true;
            loop.execute(redeliverTask);
        }
    }

    private void redeliver() {
        redeliverPosted = false;
        if (!reading || state != State.OPEN) {
            return;
        }
        if (unread != null) {
            ByteBuf bytes = unread;
            unread = null;
            deliver(bytes);
        }
        if (reading && state == State.OPEN) {
            channel.config().setAutoRead(true);
        }
    }

    // TLS

    @Override
    public void startTls(LinkTls settings, long timeoutNs, Runnable whenSecured) {
        if (state != State.OPEN) {
            return;
        }
        if (tls != null) {
            throw new IllegalStateException("TLS was started twice");
        }
        // What is in Netty's queue is behind the new handler already and leaves as it is.
        spill();
        channel.flush();
        secured = whenSecured;
        tls = ((NettyTls) settings).newHandler(channel.alloc(), timeoutNs, tlsTasks);
        if (unread != null) {
            endForTls("plain bytes came before TLS had begun");
        } else {
            channel.pipeline().addFirst(tls);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof SslHandshakeCompletionEvent handshake) {
            onHandshakeEnd(handshake);
        } else if (event instanceof SslCloseCompletionEvent close && close.isSuccess() && state == State.OPEN) {
            // The other end has said goodbye; it may wait for ours before it closes.
            state = State.CLOSING;
            dropUnread();
            channel.close();
        }
    }

    private void onHandshakeEnd(SslHandshakeCompletionEvent handshake) {
        Runnable told = secured;
        secured = null;
        if (state != State.OPEN) {
            return;
        }
        if (!handshake.isSuccess()) {
            // Netty sends the alert that tells the other end why, and closes.
            closeReason = "the TLS handshake failed: " + TlsReasons.of(handshake.cause());
            state = State.CLOSING;
            return;
        }
        try {
            told.run();
        } catch (Throwable thrown) {
            fail(thrown);
        }
    }

    private void endForTls(String reason) {
        closeReason = "the TLS handshake failed: " + reason;
        cut();
    }

    // Ending

    @Override
    public void close() {
        if (state != State.OPEN) {
            return;
        }
        spill();
        state = State.CLOSING;
        closeReason = LinkReasons.CLOSED_HERE;
        dropUnread();
        closeTimer = loop.schedule(options.closeTimeoutNs(), this::cut);
        // What arrives from now on is read and dropped: closing with unread bytes would make the kernel send a reset,
        // and the other end could lose what was queued for it.
        channel.config().setAutoRead(true);
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(sent -> {
            if (tls == null || !channel.isActive()) {
                shutDownOutput();
            } else {
                tls.closeOutbound().addListener(toldGoodbye -> shutDownOutput());
            }
        });
    }

    private void shutDownOutput() {
        if (channel.isActive()) {
            outputShut = true;
            ((DuplexChannel) channel).shutdownOutput();
        }
    }

    @Override
    public void abort() {
        if (state == State.NEW || state == State.OPEN) {
            closeReason = LinkReasons.ABORTED_HERE;
        }
        cut();
    }

    /** Ends the socket at once; a TCP peer gets a reset, so that queued bytes of a dead session never reach it. */
    private void cut() {
        if (state == State.CLOSED) {
            return;
        }
        state = State.CLOSING;
        dropUnread();
        dropOutput();
        if (channel instanceof SocketChannel && channel.isOpen() && !outputShut) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
        }
        ChannelHandlerContext tlsContext = tls == null ? null : channel.pipeline().context(tls);
        cutting = true;
        if (tlsContext == null) {
            channel.close();
        } else {
            // past TLS, which would first take its time for an orderly goodbye
            tlsContext.close();
        }
        cutting = false;
    }

    private void fail(Throwable thrown) {
        if (state == State.NEW || state == State.OPEN) {
            closeReason = "internal error: " + thrown;
        }
        loop.report(thrown);
        cut();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (state == State.OPEN) {
            closeReason = LinkReasons.of(cause);
        }
        if (tls != null && TlsReasons.isTls(cause) && state != State.CLOSED) {
            // Not by a reset: an alert is on its way that tells the other end why.
            state = State.CLOSING;
            dropUnread();
            channel.close();
        } else {
            cut();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (state == State.CLOSED) {
            return;
        }
        state = State.CLOSED;
        dropUnread();
        dropOutput();
        if (closeTimer != null) {
            closeTimer.cancel();
        }
        if (!opened) {
            return;
        }
        try {
            handler.onClosed(closeReason);
        } catch (Throwable thrown) {
            loop.report(thrown);
        }
    }

    private void dropOutput() {
        if (output != null) {
            output.drop(loop::execute);
        }
    }

    private void dropUnread() {
        if (unread != null) {
            unread.release();
            unread = null;
        }
    }
}
