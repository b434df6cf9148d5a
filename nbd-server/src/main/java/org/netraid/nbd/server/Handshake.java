/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import java.nio.ByteBuffer;
import org.netraid.nbd.wire.BlockSizeInfo;
import org.netraid.nbd.wire.ExportInfo;
import org.netraid.nbd.wire.HandshakeFlags;
import org.netraid.nbd.wire.InfoRequest;
import org.netraid.nbd.wire.ListedExport;
import org.netraid.nbd.wire.MetaContext;
import org.netraid.nbd.wire.MetaContextRequest;
import org.netraid.nbd.wire.NbdConstants;
import org.netraid.nbd.wire.NbdFormatException;
import org.netraid.nbd.wire.NbdInfoType;
import org.netraid.nbd.wire.NbdOption;
import org.netraid.nbd.wire.NbdOptionReply;
import org.netraid.nbd.wire.NbdStrings;
import org.netraid.nbd.wire.OptionHeader;
import org.netraid.nbd.wire.OptionReplyHeader;
import org.netraid.nbd.wire.TransmissionFlags;

/**
 * Option haggling of the fixed newstyle handshake: one option after the other, each read whole (or skipped) and
 * answered, until one of them opens an export. Source: NBD protocol, "Fixed newstyle negotiation", "Option types".
 */
final class Handshake implements NbdServerSession.Phase {

    private enum State { CLIENT_FLAGS, OPTION, DATA, SKIP }

    private final NbdServerSession session;
    private final NbdService service;
    private final OptionHeader header = new OptionHeader();
    private final ByteBuffer head = ByteBuffer.allocate(NbdConstants.OPTION_HEADER_BYTES);
    private State state = State.CLIENT_FLAGS;
    private ByteBuffer data;
    private long skipBytes;
    private int options;
    private boolean fixedNewstyle;
    private boolean noZeroes;
    private boolean structuredReplies;
    private boolean extendedHeaders;
    private ContextSelection selection = ContextSelection.NONE;

    Handshake(NbdServerSession session, NbdService service) {
        this.session = session;
        this.service = service;
        head.limit(NbdConstants.CLIENT_FLAGS_BYTES);
    }

    @Override
    public boolean proceed() {
        return true;
    }

    @Override
    public void consume(ByteBuffer in) {
        switch (state) {
            case CLIENT_FLAGS -> {
                if (fill(head, in)) {
                    onClientFlags(head.flip().getInt());
                    expectOption();
                }
            }
            case OPTION -> {
                if (fill(head, in)) {
                    onHeader();
                }
            }
            case DATA -> {
                if (fill(data, in)) {
                    ByteBuffer whole = data.flip();
                    expectOption();
                    onOption(whole);
                }
            }
            case SKIP -> {
                int step = (int) Math.min(skipBytes, in.remaining());
                in.position(in.position() + step);
                skipBytes -= step;
                if (skipBytes == 0) {
                    expectOption();
                    onSkipped();
                }
            }
            default -> throw new IllegalStateException(state.toString());
        }
    }

    /** Moves what fits; true when the target is full. */
    static boolean fill(ByteBuffer target, ByteBuffer in) {
        int step = Math.min(target.remaining(), in.remaining());
        target.put(target.position(), in, in.position(), step);
        target.position(target.position() + step);
        in.position(in.position() + step);
        return !target.hasRemaining();
    }

    private void expectOption() {
        session.releaseOptionBytes();
        state = State.OPTION;
        data = null;
        head.clear();
    }

    private void onClientFlags(int flags) {
        int known = HandshakeFlags.FIXED_NEWSTYLE | HandshakeFlags.NO_ZEROES;
        if ((flags & ~known) != 0) {
            session.abort("unknown client flags 0x" + Integer.toHexString(flags));
        }
        fixedNewstyle = (flags & HandshakeFlags.FIXED_NEWSTYLE) != 0;
        noZeroes = (flags & HandshakeFlags.NO_ZEROES) != 0;
    }

    private void onHeader() {
        if (!header.decode(head.flip())) {
            session.abort("wrong option magic");
            return;
        }
        long length = header.lengthBytes();
        if (++options > service.limits().maxOptions()) {
            session.abort("more than " + service.limits().maxOptions() + " options");
        } else if (!fixedNewstyle && header.option() != NbdOption.EXPORT_NAME) {
            session.abort("option " + NbdOption.nameOf(header.option()) + " without fixed newstyle negotiation");
        } else if (header.option() == NbdOption.EXPORT_NAME && length > NbdConstants.MAX_STRING_BYTES) {
            session.abort("export name of " + length + " bytes");
        } else if (length > ServerLimits.MAX_SKIPPED_OPTION_BYTES) {
            session.abort("option data of " + length + " bytes");
        } else if (lacksTls() && header.option() == NbdOption.EXPORT_NAME) {
            session.abort("EXPORT_NAME without TLS, which is required");
        } else if (length > service.limits().maxOptionBytes() || !takesData(header.option()) || lacksTls()
                || !session.takeOptionBytes((int) length)) {
            skipBytes = length;
            state = State.SKIP;
            if (length == 0) {
                expectOption();
                onSkipped();
            }
        } else {
            data = ByteBuffer.allocate((int) length);
            state = State.DATA;
            if (length == 0) {
                ByteBuffer empty = data;
                expectOption();
                onOption(empty);
            }
        }
    }

    /** True while TLS must come before anything else. */
    private boolean lacksTls() {
        return service.tls().isRequired() && !session.isSecured();
    }

    private static boolean takesData(int option) {
        return switch (option) {
            case NbdOption.EXPORT_NAME, NbdOption.INFO, NbdOption.GO, NbdOption.LIST_META_CONTEXT,
                    NbdOption.SET_META_CONTEXT -> true;
            default -> false;
        };
    }

    /** The data of an option has been thrown away: it takes none, is unknown, or was too long. */
    private void onSkipped() {
        int option = header.option();
        if (option == NbdOption.ABORT) {
            reply(option, NbdOptionReply.ACK, new byte[0]);
            session.endAfterRequests("the client gave up");
        } else if (lacksTls() && option != NbdOption.STARTTLS) {
            error(NbdOptionReply.ERR_TLS_REQD, "this server wants TLS first");
        } else if (service.isStopping()) {
            error(NbdOptionReply.ERR_SHUTDOWN, "the server is shutting down");
        } else if (takesData(option)) {
            forgetSelection(option);
            error(NbdOptionReply.ERR_TOO_BIG, "option data of " + header.lengthBytes() + " bytes is too long");
        } else {
            onOptionWithoutData(option, header.lengthBytes() > 0);
        }
    }

    private void onOptionWithoutData(int option, boolean hadData) {
        boolean known = option == NbdOption.LIST || option == NbdOption.STRUCTURED_REPLY || option == NbdOption.STARTTLS
                || option == NbdOption.EXTENDED_HEADERS;
        if (!known) {
            error(NbdOptionReply.ERR_UNSUP, "option " + Integer.toUnsignedString(option) + " is not supported");
        } else if (hadData) {
            error(NbdOptionReply.ERR_INVALID, NbdOption.nameOf(option) + " takes no data");
        } else if (option == NbdOption.LIST) {
            list();
        } else if (option == NbdOption.STRUCTURED_REPLY && extendedHeaders) {
            error(NbdOptionReply.ERR_EXT_HEADER_REQD, "extended headers are negotiated already and include structured replies");
        } else if (option == NbdOption.STRUCTURED_REPLY) {
            structuredReplies = true;
            reply(option, NbdOptionReply.ACK, new byte[0]);
        } else if (option == NbdOption.EXTENDED_HEADERS && extendedHeaders) {
            error(NbdOptionReply.ERR_INVALID, "extended headers are negotiated already");
        } else if (option == NbdOption.EXTENDED_HEADERS) {
            extendedHeaders = true;
            structuredReplies = true;
            reply(option, NbdOptionReply.ACK, new byte[0]);
        } else {
            startTls();
        }
    }

    private void startTls() {
        if (session.isSecured()) {
            error(NbdOptionReply.ERR_INVALID, "TLS has been started already");
        } else if (service.tls().isOff()) {
            error(NbdOptionReply.ERR_UNSUP, "this server does not offer TLS");
        } else {
            reply(NbdOption.STARTTLS, NbdOptionReply.ACK, new byte[0]);
            // whoever is on the way may have asked for these; the client asks again
            structuredReplies = false;
            extendedHeaders = false;
            selection = ContextSelection.NONE;
            session.startTls();
        }
    }

    /** True if the export is to be had with TLS only, and there is none yet. */
    private boolean needsTls(Export export) {
        return export.tlsOnly() && !session.isSecured();
    }

    private void onOption(ByteBuffer optionData) {
        int option = header.option();
        if (option == NbdOption.EXPORT_NAME) {
            exportName(optionData);
            return;
        }
        if (service.isStopping()) {
            error(NbdOptionReply.ERR_SHUTDOWN, "the server is shutting down");
            return;
        }
        forgetSelection(option);
        try {
            if (option == NbdOption.INFO || option == NbdOption.GO) {
                info(InfoRequest.decode(optionData), option == NbdOption.GO);
            } else {
                metaContext(MetaContextRequest.decode(optionData));
            }
        } catch (NbdFormatException e) {
            error(NbdOptionReply.ERR_INVALID, e.getMessage());
        }
    }

    /** A new selection replaces the old one, also when it fails. */
    private void forgetSelection(int option) {
        if (option == NbdOption.SET_META_CONTEXT) {
            selection = ContextSelection.NONE;
        }
    }

    private void list() {
        for (Export export : service.exports().listed()) {
            if (needsTls(export)) {
                continue;
            }
            reply(NbdOption.LIST, NbdOptionReply.SERVER, bytesOf(new ListedExport(export.name(), export.description()).encode()));
        }
        reply(NbdOption.LIST, NbdOptionReply.ACK, new byte[0]);
    }

    private void info(InfoRequest request, boolean go) {
        Export export = service.exports().find(request.exportName(), session.peer());
        if (export != null && needsTls(export)) {
            error(NbdOptionReply.ERR_TLS_REQD, "export '" + request.exportName() + "' is for TLS only");
            return;
        }
        if (export != null && !selection.admits(export)) {
            error(NbdOptionReply.ERR_POLICY, "export '" + request.exportName() + "' is for the source in another generation");
            return;
        }
        export = go ? service.exports().open(request.exportName(), session.peer()) : export;
        if (export == null) {
            error(NbdOptionReply.ERR_UNKNOWN, "no export '" + request.exportName() + "'");
            return;
        }
        int option = header.option();
        ByteBuffer body = ByteBuffer.allocate(Short.BYTES + ExportInfo.BYTES).putShort((short) NbdInfoType.EXPORT);
        exportInfo(export).encode(body);
        reply(option, NbdOptionReply.INFO, body.array());
        if (request.asksFor(NbdInfoType.NAME)) {
            reply(option, NbdOptionReply.INFO, textInfo(NbdInfoType.NAME, export.name()));
        }
        if (request.asksFor(NbdInfoType.DESCRIPTION) && !export.description().isEmpty()) {
            reply(option, NbdOptionReply.INFO, textInfo(NbdInfoType.DESCRIPTION, export.description()));
        }
        body = ByteBuffer.allocate(Short.BYTES + BlockSizeInfo.BYTES).putShort((short) NbdInfoType.BLOCK_SIZE);
        BlockSizeInfo.of(export.device().geometry()).encode(body);
        reply(option, NbdOptionReply.INFO, body.array());
        reply(option, NbdOptionReply.ACK, new byte[0]);
        if (go) {
            startTransmission(export);
        }
    }

    private void startTransmission(Export export) {
        session.startTransmission(export, new Negotiated(structuredReplies, extendedHeaders, selection.forExport(export)));
    }

    private void exportName(ByteBuffer nameData) {
        if (extendedHeaders) {
            session.abort("EXPORT_NAME with extended headers");
            return;
        }
        Export export = null;
        try {
            String name = NbdStrings.decode(nameData, nameData.remaining(), "export name");
            export = service.isStopping() ? null : service.exports().find(name, session.peer());
            export = export == null || needsTls(export) || !selection.admits(export) ? null : service.exports().open(name, session.peer());
        } catch (NbdFormatException e) {
            // there is no way to say so: the option has no error reply
            session.abort(e.getMessage());
        }
        if (export == null) {
            session.abort("EXPORT_NAME of an export that cannot be had");
            return;
        }
        ByteBuffer answer = ByteBuffer.allocate(NbdConstants.EXPORT_NAME_REPLY_BYTES
                + (noZeroes ? 0 : NbdConstants.EXPORT_NAME_PADDING_BYTES));
        exportInfo(export).encode(answer);
        session.send(answer.rewind(), null);
        startTransmission(export);
    }

    private void metaContext(MetaContextRequest request) {
        if (!structuredReplies) {
            error(NbdOptionReply.ERR_INVALID, "metadata contexts need structured replies");
            return;
        }
        Export export = service.exports().find(request.exportName(), session.peer());
        if (export == null) {
            error(NbdOptionReply.ERR_UNKNOWN, "no export '" + request.exportName() + "'");
            return;
        }
        if (needsTls(export)) {
            // TLS_REQD is not among this option's answers
            error(NbdOptionReply.ERR_POLICY, "export '" + request.exportName() + "' is for TLS only");
            return;
        }
        int option = header.option();
        if (option == NbdOption.SET_META_CONTEXT) {
            selection = ContextSelection.select(export, service.extensions(), request.queries());
            selection.entries().forEach(entry -> replyContext(entry.id(), entry.name()));
        } else {
            for (ContextSelection.Entry entry : ContextSelection.offered(export, service.extensions())) {
                if (MetaContext.isListed(entry.name(), request.queries())) {
                    replyContext(0, entry.name());
                }
            }
        }
        reply(option, NbdOptionReply.ACK, new byte[0]);
    }

    private void replyContext(int id, String name) {
        reply(header.option(), NbdOptionReply.META_CONTEXT, bytesOf(new MetaContext(id, name).encode()));
    }

    private ExportInfo exportInfo(Export export) {
        int flags = TransmissionFlags.of(export.device().capabilities(), export.readOnly(), structuredReplies);
        if (extendedHeaders && !selection.forExport(export).isEmpty()) {
            flags |= TransmissionFlags.BLOCK_STATUS_PAYLOAD;
        }
        return new ExportInfo(export.device().geometry().sizeBytes(), flags);
    }

    private static byte[] textInfo(int type, String text) {
        byte[] bytes = NbdStrings.encode(text, "text");
        return ByteBuffer.allocate(Short.BYTES + bytes.length).putShort((short) type).put(bytes).array();
    }

    private static byte[] bytesOf(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    private void error(int type, String message) {
        reply(header.option(), type, NbdStrings.truncated(message, NbdConstants.MAX_STRING_BYTES));
    }

    private void reply(int option, int type, byte[] body) {
        ByteBuffer out = ByteBuffer.allocate(NbdConstants.OPTION_REPLY_HEADER_BYTES + body.length);
        OptionReplyHeader.encode(out, option, type, body.length);
        session.send(out.put(body).flip(), null);
    }
}
