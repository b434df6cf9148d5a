/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.link.Link;
import org.netraid.nbd.wire.Compression;

/** What can be asked of an export over this connection; everything else is refused before a byte of it is sent. */
final class RequestChecks {

    /** Stored bytes are sent in whole blocks of 4 KiB. */
    private static final int MAX_STORED_BLOCK_BYTES = 4096;

    /** Why a request is not taken. */
    record Refusal(BlockError error, String why) {
    }

    private final BlockGeometry geometry;
    private final int blockBytes;
    private final Set<BlockCapability> capabilities;

    RequestChecks(NbdExport export, NbdClientConfig config, Link link) {
        this.geometry = export.geometry();
        this.blockBytes = export.minBlockBytes();
        Set<BlockCapability> can = EnumSet.noneOf(BlockCapability.class);
        can.addAll(export.capabilities(config.map()));
        if (link.canTransfer() && config.compression() == Compression.OFF && blockBytes <= MAX_STORED_BLOCK_BYTES) {
            can.add(BlockCapability.STORED);
        }
        this.capabilities = Collections.unmodifiableSet(can);
    }

    Set<BlockCapability> capabilities() {
        return capabilities;
    }

    static boolean hasRange(BlockRequest request) {
        return request.command() != BlockCommand.FLUSH && request.command() != BlockCommand.BARRIER;
    }

    static String describe(BlockRequest request) {
        return request.command() == BlockCommand.FLUSH ? "FLUSH"
                : request.command() + " of " + request.lengthBytes() + " bytes at " + request.offsetBytes();
    }

    /** Null if the request can be carried out. */
    Refusal check(BlockRequest request) {
        BlockError bad = checkRange(request);
        if (bad.isError()) {
            return new Refusal(bad, "the range does not fit a device of " + geometry.sizeBytes() + " bytes");
        }
        if (request.command().modifies() && can(BlockCapability.READ_ONLY)) {
            return new Refusal(BlockError.EPERM, "the export is read-only");
        }
        return isNotOffered(request) ? new Refusal(BlockError.ENOTSUP, "the server does not offer it") : null;
    }

    private BlockError checkRange(BlockRequest request) {
        boolean needsBlocks = request.command() == BlockCommand.CHECKSUM || request.stored() != null;
        if (needsBlocks && ((request.offsetBytes() | request.lengthBytes()) & blockBytes - 1) != 0
                || request.stored() != null && !can(BlockCapability.STORED)) {
            return BlockError.EINVAL;
        }
        return hasRange(request) ? geometry.check(request.command(), request.offsetBytes(), request.lengthBytes()) : BlockError.NONE;
    }

    private boolean isNotOffered(BlockRequest request) {
        BlockCommand command = request.command();
        return command == BlockCommand.FLUSH && !can(BlockCapability.FLUSH)
                || command == BlockCommand.TRIM && !can(BlockCapability.TRIM)
                || command == BlockCommand.EXTENTS && !can(BlockCapability.EXTENTS)
                || command == BlockCommand.CHECKSUM && !can(BlockCapability.CHECKSUM)
                || command == BlockCommand.BARRIER && !can(BlockCapability.BARRIER)
                || request.isFua() && command.modifies() && !can(BlockCapability.FUA)
                || (request.flags() & BlockRequest.FAST_ZERO) != 0 && command == BlockCommand.WRITE_ZEROES
                        && !can(BlockCapability.FAST_ZERO);
    }

    private boolean can(BlockCapability capability) {
        return capabilities.contains(capability);
    }
}
