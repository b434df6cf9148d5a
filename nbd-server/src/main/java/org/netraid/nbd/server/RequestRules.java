/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.block.ChunkHash;
import org.netraid.nbd.wire.ChecksumFlags;
import org.netraid.nbd.wire.CommandFlags;
import org.netraid.nbd.wire.Extension;
import org.netraid.nbd.wire.NbdCommand;
import org.netraid.nbd.wire.RequestHeader;
import org.netraid.nbd.wire.TransmissionFlags;

/**
 * Which requests an export takes, and which error the others get. In this order: unknown command, read-only, flag,
 * range. Source: NBD protocol, "Request types", "Command flags", "Error values".
 */
final class RequestRules {

    private final Export export;
    /** What was advertised: a client must use nothing else. */
    private final int offered;

    private final Negotiated negotiated;

    RequestRules(Export export, Negotiated negotiated) {
        this.export = export;
        this.negotiated = negotiated;
        this.offered = TransmissionFlags.of(export.device().capabilities(), export.readOnly(), negotiated.structured());
    }

    BlockError check(RequestHeader request) {
        if (isFilteredStatus(request) && negotiated.extended() && !negotiated.contexts().isEmpty()) {
            // the range comes with the payload
            boolean fits = StatusFilter.fits(request.lengthBytes(), negotiated.contexts());
            int extra = request.flags() & ~allowedFlags(request.type()) & ~CommandFlags.PAYLOAD_LEN;
            return fits && extra == 0 ? BlockError.NONE : BlockError.EINVAL;
        }
        if (negotiated.extended() && carriesData(request.type()) && (request.flags() & CommandFlags.PAYLOAD_LEN) == 0) {
            return BlockError.EINVAL;
        }
        return check(request.type(), request.flags(), request.offsetBytes(), request.lengthBytes());
    }

    private BlockError check(int type, int flags, long offsetBytes, long lengthBytes) {
        if (modifies(type) && offersFlag(TransmissionFlags.READ_ONLY)) {
            return BlockError.EPERM;
        }
        if (!offersCommand(type)) {
            return BlockError.EINVAL;
        }
        if (type == NbdCommand.BARRIER) {
            return flags == 0 && offsetBytes == 0 && lengthBytes == 0 ? BlockError.NONE : BlockError.EINVAL;
        }
        if ((flags & ~allowedFlags(type)) != 0) {
            return BlockError.EINVAL;
        }
        if (type == NbdCommand.BLOCK_STATUS) {
            // its answer has to describe at least one byte
            return checkStatusRange(offsetBytes, lengthBytes);
        }
        if (type == NbdCommand.CHECKSUM && (lengthBytes == 0 || ChecksumFlags.chunkBytes(flags) == 0)) {
            return BlockError.EINVAL;
        }
        BlockCommand command = type == NbdCommand.CACHE ? BlockCommand.TRIM : commandOf(type);
        return command == BlockCommand.FLUSH ? BlockError.NONE
                : export.device().geometry().check(command, offsetBytes, lengthBytes);
    }

    /** Checks the range of a BLOCK_STATUS once it is known. */
    BlockError checkStatusRange(long offsetBytes, long lengthBytes) {
        return lengthBytes == 0 ? BlockError.EINVAL
                : export.device().geometry().check(BlockCommand.EXTENTS, offsetBytes, lengthBytes);
    }

    static boolean isFilteredStatus(RequestHeader request) {
        return request.type() == NbdCommand.BLOCK_STATUS && (request.flags() & CommandFlags.PAYLOAD_LEN) != 0;
    }

    /** For people: why {@link #check} refused what the slot asked for. */
    String explain(RequestSlot slot) {
        String what = NbdCommand.nameOf(slot.type) + " of " + Long.toUnsignedString(slot.lengthBytes) + " bytes at "
                + Long.toUnsignedString(slot.offsetBytes());
        if (modifies(slot.type) && offersFlag(TransmissionFlags.READ_ONLY)) {
            return what + ": the export is read-only";
        }
        if (slot.type == NbdCommand.BLOCK_STATUS && negotiated.contexts().isEmpty()) {
            return what + ": no metadata context is selected for this export";
        }
        if (!offersCommand(slot.type)) {
            return what + ": this command is not offered";
        }
        int extra = slot.flags() & ~allowedFlags(slot.type);
        if (extra != 0) {
            return what + ": flags 0x" + Integer.toHexString(extra) + " are not offered with this command";
        }
        return what + " does not fit the export: " + export.device().geometry();
    }

    private boolean offersCommand(int type) {
        return switch (type) {
            // clients are known to send CACHE without an offer; it is a hint that may do nothing
            case NbdCommand.READ, NbdCommand.WRITE, NbdCommand.CACHE -> true;
            case NbdCommand.FLUSH -> offersFlag(TransmissionFlags.SEND_FLUSH);
            case NbdCommand.TRIM -> offersFlag(TransmissionFlags.SEND_TRIM);
            case NbdCommand.WRITE_ZEROES -> offersFlag(TransmissionFlags.SEND_WRITE_ZEROES);
            case NbdCommand.BLOCK_STATUS -> !negotiated.contexts().isEmpty();
            case NbdCommand.CHECKSUM -> negotiated.contexts().has(Extension.CHECKSUM);
            case NbdCommand.BARRIER -> negotiated.contexts().has(Extension.ORDER);
            case NbdCommand.WRITE_LZ4 -> negotiated.compressed();
            default -> false;
        };
    }

    private boolean offersFlag(int flag) {
        return (offered & flag) != 0;
    }

    private int allowedFlags(int type) {
        // FUA is accepted with every command, also where nothing is written: known clients set it
        int allowed = offersFlag(TransmissionFlags.SEND_FUA) ? CommandFlags.FUA : 0;
        if (modifies(type) && negotiated.contexts().has(Extension.RECEIPT)) {
            allowed |= CommandFlags.RECEIPT;
        }
        if (type == NbdCommand.CHECKSUM) {
            allowed |= ChecksumFlags.MASK | CommandFlags.DF;
        }
        if (type == NbdCommand.READ && offersFlag(TransmissionFlags.SEND_DF)) {
            allowed |= CommandFlags.DF;
        }
        if (carriesData(type) && negotiated.extended()) {
            allowed |= CommandFlags.PAYLOAD_LEN;
        }
        if (type == NbdCommand.BLOCK_STATUS) {
            allowed |= CommandFlags.REQ_ONE;
        }
        if (type == NbdCommand.WRITE_ZEROES) {
            allowed |= CommandFlags.NO_HOLE | (offersFlag(TransmissionFlags.SEND_FAST_ZERO) ? CommandFlags.FAST_ZERO : 0);
        }
        return allowed;
    }

    /** What the client is told when the device fails: ENOTSUP belongs to FAST_ZERO alone, EOVERFLOW to nothing we do. */
    static BlockError onWire(BlockError ofDevice, int flags) {
        boolean misplaced = ofDevice == BlockError.EOVERFLOW
                || ofDevice == BlockError.ENOTSUP && (flags & CommandFlags.FAST_ZERO) == 0;
        return misplaced ? BlockError.EINVAL : ofDevice;
    }

    /** Payload memory that a request which has passed {@link #check} needs. */
    static int memoryBytes(RequestHeader request) {
        return switch (request.type()) {
            case NbdCommand.READ, NbdCommand.WRITE, NbdCommand.WRITE_LZ4 -> (int) request.lengthBytes();
            case NbdCommand.CHECKSUM -> ChunkHash.hashesBytes(request.lengthBytes(), ChecksumFlags.chunkBytes(request.flags()));
            default -> 0;
        };
    }

    /** The device's command; null for what the server answers itself. */
    static BlockCommand commandOf(int type) {
        return switch (type) {
            case NbdCommand.READ -> BlockCommand.READ;
            case NbdCommand.WRITE, NbdCommand.WRITE_LZ4 -> BlockCommand.WRITE;
            case NbdCommand.FLUSH -> BlockCommand.FLUSH;
            case NbdCommand.TRIM -> BlockCommand.TRIM;
            case NbdCommand.WRITE_ZEROES -> BlockCommand.WRITE_ZEROES;
            case NbdCommand.BLOCK_STATUS -> BlockCommand.EXTENTS;
            case NbdCommand.CHECKSUM -> BlockCommand.CHECKSUM;
            default -> null;
        };
    }

    private static boolean carriesData(int type) {
        return type == NbdCommand.WRITE || type == NbdCommand.WRITE_LZ4;
    }

    static boolean modifies(int type) {
        return carriesData(type) || type == NbdCommand.TRIM || type == NbdCommand.WRITE_ZEROES;
    }
}
