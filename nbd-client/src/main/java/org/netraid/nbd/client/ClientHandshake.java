/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.netraid.nbd.wire.ExportInfo;
import org.netraid.nbd.wire.HandshakeFlags;
import org.netraid.nbd.wire.ListedExport;
import org.netraid.nbd.wire.MetaContext;
import org.netraid.nbd.wire.MetaContextRequest;
import org.netraid.nbd.wire.NbdConstants;
import org.netraid.nbd.wire.NbdFormatException;
import org.netraid.nbd.wire.NbdOption;
import org.netraid.nbd.wire.NbdOptionReply;
import org.netraid.nbd.wire.NbdStrings;
import org.netraid.nbd.wire.OptionHeader;
import org.netraid.nbd.wire.OptionReplyHeader;

/**
 * The client's side of fixed newstyle: bytes in, bytes out, one option at a time.
 *
 * <pre>
 *   GREETING, with TLS: STARTTLS ── ACK, TLS handshake ── then as without, but never EXPORT_NAME of a server that is not fixed
 *   GREETING ─┬─ fixed ── EXTENDED_HEADERS, else STRUCTURED_REPLY ── SET_META_CONTEXT ── GO ─┬─ ACK ───► finished
 *             │                                                                              └─ ERR_UNSUP ─┐
 *             ├─ not fixed ────────────────────────────────────────────────────────────────── EXPORT_NAME ─┴─► finished
 *             └─ listing: LIST ── ACK, then ABORT ────────────────────────────────────────────────► finished
 *   any other error ──────────────────────────────────────────────────────────────────────────────► failed, with a sentence
 * </pre>
 *
 * <p>Source: NBD protocol, "Newstyle negotiation", "Client behavior"; RFC-style duties MUST and SHOULD are kept.
 */
final class ClientHandshake {

    /** Longest option reply that is buffered: a name and a description of full length fit. */
    static final int MAX_REPLY_BYTES = 16 << 10;
    /** Most replies to one option before the final one; bounds what a server can make us hold and do. */
    static final int MAX_REPLIES = 10_000;

    private enum Step { GREETING, REPLY_HEADER, REPLY_DATA, EXPORT_NAME_REPLY, SECURING, FINISHED, FAILED }

    private final boolean listing;
    private final String exportName;
    private final boolean wantsExtended;
    /** Metadata contexts to select. */
    private final List<String> wanted;
    private final boolean tls;
    private final Consumer<ByteBuffer> send;
    private final ExportInfoReader info;
    private final List<ListedExport> exports = new ArrayList<>();
    private final OptionReplyHeader header = new OptionReplyHeader();
    private final ByteBuffer gathered = ByteBuffer.allocate(MAX_REPLY_BYTES);

    private Step step;
    /** Neither structured replies nor extended headers are asked for. */
    private boolean simpleOnly;
    private boolean noZeroes;
    /** TLS is up, and the server has not answered anything since. */
    private boolean freshlySecured;
    private boolean structured;
    private boolean extended;
    private final List<MetaContext> contexts = new ArrayList<>();
    private int option;
    private int replyType;
    private int replies;
    private String failure = "";
    private NbdExport export;

    private ClientHandshake(boolean listing, String exportName, boolean extended, List<String> contexts, boolean tls,
            Consumer<ByteBuffer> send) {
        this.listing = listing;
        this.tls = tls;
        this.wantsExtended = extended;
        this.wanted = contexts;
        this.exportName = exportName;
        this.send = send;
        this.info = new ExportInfoReader(exportName);
        await(Step.GREETING, NbdConstants.GREETING_BYTES);
    }

    /**
     * A handshake that ends in the transmission phase of the export.
     *
     * @param config tells which metadata contexts to select
     * @param tls start TLS before anything else, or fail
     * @param send takes each message to the server
     */
    static ClientHandshake go(String exportName, NbdClientConfig config, boolean tls, Consumer<ByteBuffer> send) {
        return new ClientHandshake(false, exportName, !config.map().isEmpty(), config.contexts(), tls, send);
    }

    /** In plain text, and nothing negotiated but the export: what the kernel understands. */
    static ClientHandshake plain(String exportName, Consumer<ByteBuffer> send) {
        ClientHandshake handshake = new ClientHandshake(false, exportName, false, List.of(), false, send);
        handshake.simpleOnly = true;
        return handshake;
    }

    /** In plain text. */
    static ClientHandshake go(String exportName, NbdClientConfig config, Consumer<ByteBuffer> send) {
        return go(exportName, config, false, send);
    }

    /** A handshake that asks for the names of the exports and ends the session. */
    static ClientHandshake list(boolean tls, Consumer<ByteBuffer> send) {
        return new ClientHandshake(true, "", false, List.of(), tls, send);
    }

    /** Consumes what belongs to the handshake; what follows its last byte is left for the transmission phase. */
    void onBytes(ByteBuffer in) {
        while (in.hasRemaining() && !isFinished() && !isFailed()) {
            if (isSecuring()) {
                // the server has to wait for our first TLS message: this was put there by somebody on the way
                fail(in.remaining() + " bytes of plain text came behind the server's consent to TLS; somebody may be tampering with the"
                        + " connection");
                return;
            }
            int n = Math.min(in.remaining(), gathered.remaining());
            gathered.put(in.slice(in.position(), n));
            in.position(in.position() + n);
            if (!gathered.hasRemaining()) {
                step();
            }
        }
    }

    /** The server has agreed to TLS: the link has to be secured now, and then {@link #onSecured} called. */
    boolean isSecuring() {
        return step == Step.SECURING;
    }

    /** The TLS handshake has ended well; what is said from now on is secured. */
    void onSecured() {
        freshlySecured = true;
        afterGreeting();
    }

    boolean isFinished() {
        return step == Step.FINISHED;
    }

    boolean isFailed() {
        return step == Step.FAILED;
    }

    /** Why, for people; empty unless failed. */
    String failure() {
        return failure;
    }

    /** What the server said about the export; null for a listing. */
    NbdExport export() {
        return export;
    }

    List<ListedExport> exports() {
        return Collections.unmodifiableList(exports);
    }

    /** What it means that the server closed the stream now. */
    String closedMeans() {
        if (step == Step.SECURING) {
            return "no TLS session with the server";
        }
        if (freshlySecured) {
            // in TLS 1.3 a client is done before the server has looked at its certificate
            return "the server closed the connection right after the TLS handshake; it may want another client certificate, or any at all";
        }
        if (step == Step.EXPORT_NAME_REPLY) {
            return "the server closed the connection when asked for export '" + exportName
                    + "': it has no such export or does not allow it";
        }
        return step == Step.GREETING
                ? "the server closed the connection without a greeting"
                : "the server closed the connection during the answer to " + NbdOption.nameOf(option);
    }

    private void step() {
        gathered.flip();
        try {
            switch (step) {
                case GREETING -> onGreeting();
                case REPLY_HEADER -> onReplyHeader();
                case REPLY_DATA -> onReply();
                case EXPORT_NAME_REPLY -> onExportNameReply();
                default -> throw new IllegalStateException("bytes taken in step " + step);
            }
        } catch (NbdFormatException e) {
            fail("the server breaks the protocol in its answer to " + NbdOption.nameOf(option) + ": " + e.getMessage());
        }
    }

    private void await(Step next, int bytes) {
        step = next;
        gathered.clear().limit(bytes);
    }

    private void fail(String reason) {
        step = Step.FAILED;
        failure = reason;
    }

    private void onGreeting() {
        long magic = gathered.getLong();
        long style = gathered.getLong();
        int flags = Short.toUnsignedInt(gathered.getShort());
        if (magic != NbdConstants.NBD_MAGIC) {
            fail("this is not an NBD server: it began with 0x" + String.format("%016x", magic));
            return;
        }
        if (style != NbdConstants.OPTION_MAGIC) {
            fail(style == NbdConstants.OLDSTYLE_MAGIC
                    ? "the server speaks only the oldstyle handshake, which has no export names and is not supported"
                    : "this is not an NBD server: its second magic is 0x" + String.format("%016x", style));
            return;
        }
        noZeroes = (flags & HandshakeFlags.NO_ZEROES) != 0;
        boolean fixed = (flags & HandshakeFlags.FIXED_NEWSTYLE) != 0;
        ByteBuffer answer = ByteBuffer.allocate(NbdConstants.CLIENT_FLAGS_BYTES);
        answer.putInt(flags & (HandshakeFlags.FIXED_NEWSTYLE | HandshakeFlags.NO_ZEROES)).flip();
        send.accept(answer);
        if (!fixed && listing) {
            fail("the server is too old to list its exports (no fixed newstyle handshake)");
        } else if (!fixed && tls) {
            fail("the server is too old for TLS (no fixed newstyle handshake); nothing is said to it in plain text");
        } else if (!fixed) {
            sendExportName();
        } else if (tls) {
            sendOption(NbdOption.STARTTLS, ByteBuffer.allocate(0), false);
        } else {
            afterGreeting();
        }
    }

    private void afterGreeting() {
        if (listing) {
            sendOption(NbdOption.LIST, ByteBuffer.allocate(0), false);
        } else if (simpleOnly) {
            sendGo();
        } else {
            sendOption(wantsExtended ? NbdOption.EXTENDED_HEADERS : NbdOption.STRUCTURED_REPLY, ByteBuffer.allocate(0), false);
        }
    }

    private void sendExportName() {
        sendOption(NbdOption.EXPORT_NAME, ByteBuffer.wrap(NbdStrings.encode(exportName, "export name")), false);
        await(Step.EXPORT_NAME_REPLY, NbdConstants.EXPORT_NAME_REPLY_BYTES
                + (noZeroes ? 0 : NbdConstants.EXPORT_NAME_PADDING_BYTES));
    }

    private void sendOption(int newOption, ByteBuffer data, boolean last) {
        option = newOption;
        replies = 0;
        ByteBuffer bytes = ByteBuffer.allocate(NbdConstants.OPTION_HEADER_BYTES + data.remaining());
        OptionHeader.encode(bytes, option, data.remaining());
        send.accept(bytes.put(data).flip());
        if (!last) {
            await(Step.REPLY_HEADER, NbdConstants.OPTION_REPLY_HEADER_BYTES);
        }
    }

    private void onReplyHeader() {
        freshlySecured = false;
        if (!header.decode(gathered)) {
            throw new NbdFormatException("the reply magic is wrong");
        }
        if (header.option() != option) {
            throw new NbdFormatException("it answers " + NbdOption.nameOf(header.option()));
        }
        replyType = header.type();
        long length = header.lengthBytes();
        if (length > MAX_REPLY_BYTES) {
            throw new NbdFormatException(NbdOptionReply.nameOf(replyType) + " announces " + length + " bytes, more than "
                    + MAX_REPLY_BYTES);
        }
        if (++replies > MAX_REPLIES) {
            throw new NbdFormatException("more than " + MAX_REPLIES + " replies");
        }
        await(Step.REPLY_DATA, (int) length);
        if (length == 0) {
            step();
        }
    }

    private void onReply() {
        if (NbdOptionReply.isError(replyType)) {
            onError(PeerText.suffix(StandardCharsets.UTF_8.decode(gathered).toString()));
        } else if (replyType == NbdOptionReply.ACK) {
            onAck();
        } else {
            onPartialReply();
            await(Step.REPLY_HEADER, NbdConstants.OPTION_REPLY_HEADER_BYTES);
        }
    }

    private void onPartialReply() {
        if (option == NbdOption.GO && replyType == NbdOptionReply.INFO) {
            info.onInfo(gathered);
        } else if (option == NbdOption.LIST && replyType == NbdOptionReply.SERVER) {
            exports.add(ListedExport.decode(gathered));
        } else if (option == NbdOption.SET_META_CONTEXT && replyType == NbdOptionReply.META_CONTEXT) {
            onMetaContext(MetaContext.decode(gathered));
        } else {
            throw new NbdFormatException("unexpected " + NbdOptionReply.nameOf(replyType));
        }
    }

    private void onMetaContext(MetaContext context) {
        boolean repeated = contexts.stream().anyMatch(known -> known.id() == context.id() || known.name().equals(context.name()));
        if (!wanted.contains(context.name()) || repeated) {
            throw new NbdFormatException("it selects metadata contexts that were not asked for, or one twice");
        }
        contexts.add(context);
    }

    private void onAck() {
        switch (option) {
            case NbdOption.STARTTLS -> step = Step.SECURING;
            case NbdOption.EXTENDED_HEADERS -> {
                extended = true;
                afterReplyStyle();
            }
            case NbdOption.STRUCTURED_REPLY -> afterReplyStyle();
            case NbdOption.SET_META_CONTEXT -> sendGo();
            case NbdOption.GO -> finish();
            case NbdOption.LIST -> {
                sendOption(NbdOption.ABORT, ByteBuffer.allocate(0), true);
                step = Step.FINISHED;
            }
            default -> throw new NbdFormatException("unexpected ACK");
        }
    }

    private void afterReplyStyle() {
        structured = true;
        if (!wanted.isEmpty()) {
            sendOption(NbdOption.SET_META_CONTEXT, new MetaContextRequest(exportName, wanted).encode(), false);
        } else {
            sendGo();
        }
    }

    private void sendGo() {
        sendOption(NbdOption.GO, ExportInfoReader.goRequest(exportName), false);
    }

    private void finish() {
        export = info.toExport(structured, extended, contexts);
        step = Step.FINISHED;
    }

    private void onExportNameReply() {
        info.onExport(ExportInfo.decode(gathered.limit(ExportInfo.BYTES)));
        finish();
    }

    private void onError(String message) {
        boolean hopeless = replyType == NbdOptionReply.ERR_TLS_REQD || replyType == NbdOptionReply.ERR_SHUTDOWN;
        if (option == NbdOption.EXTENDED_HEADERS && !hopeless) {
            sendOption(NbdOption.STRUCTURED_REPLY, ByteBuffer.allocate(0), false);
        } else if (option == NbdOption.STRUCTURED_REPLY && !hopeless) {
            sendGo();
        } else if (option == NbdOption.SET_META_CONTEXT && !hopeless) {
            // all that is lost are maps and extensions; if the export is the trouble, GO gets a better answer
            contexts.clear();
            sendGo();
        } else if (option == NbdOption.GO && replyType == NbdOptionReply.ERR_UNSUP && !extended) {
            sendExportName();
        } else {
            // the polite end of a session that came to nothing
            String reason = sentence() + message;
            sendOption(NbdOption.ABORT, ByteBuffer.allocate(0), true);
            fail(reason);
        }
    }

    private String sentence() {
        if (option == NbdOption.STARTTLS) {
            return "the server refuses TLS with " + NbdOptionReply.nameOf(replyType) + "; nothing is said to it in plain text";
        }
        String what = option == NbdOption.LIST ? "the list of exports" : "export '" + exportName + "'";
        return switch (replyType) {
            case NbdOptionReply.ERR_UNSUP -> "the server does not support " + NbdOption.nameOf(option);
            case NbdOptionReply.ERR_POLICY -> "the server's policy forbids " + what;
            case NbdOptionReply.ERR_INVALID -> "the server finds our request for " + what + " invalid";
            case NbdOptionReply.ERR_PLATFORM -> "the server's platform does not support " + what;
            case NbdOptionReply.ERR_TLS_REQD -> "the server demands TLS for " + what + "; use an nbds:// URI";
            case NbdOptionReply.ERR_UNKNOWN -> "the server has no export named '" + exportName + "'; ask it with: nbd-client list";
            case NbdOptionReply.ERR_SHUTDOWN -> "the server is shutting down";
            case NbdOptionReply.ERR_BLOCK_SIZE_REQD -> "the server insists on block sizes for " + what;
            case NbdOptionReply.ERR_TOO_BIG -> "the server finds our request for " + what + " too big";
            case NbdOptionReply.ERR_EXT_HEADER_REQD -> "the server demands extended headers for " + what;
            default -> "the server refuses " + what + " with " + NbdOptionReply.nameOf(replyType);
        };
    }
}
