/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockGeometry;
import org.netraid.nbd.wire.Extension;
import org.netraid.nbd.wire.MetaContext;
import org.netraid.nbd.wire.NbdConstants;
import org.netraid.nbd.wire.TransmissionFlags;

/**
 * What a server has said about an export during the handshake.
 *
 * @param name canonical name if the server sent one, else the name asked for
 * @param description for people; empty if the server sent none
 * @param sizeBytes size as advertised
 * @param flags {@link TransmissionFlags}
 * @param minBlockBytes every offset and length on the wire is a multiple of it
 * @param preferredBlockBytes unit that costs the server no read-modify-write
 * @param maxPayloadBytes longest READ or WRITE on the wire; a multiple of {@code minBlockBytes}
 * @param blockSizesAdvertised false if the three sizes are the protocol's defaults because the server sent none
 * @param structuredReplies true if structured replies are negotiated; extended headers include them
 * @param extendedHeaders true if extended headers are negotiated
 * @param contexts the metadata contexts that are selected, with the server's numbers for them
 */
public record NbdExport(String name, String description, long sizeBytes, int flags, int minBlockBytes,
        int preferredBlockBytes, int maxPayloadBytes, boolean blockSizesAdvertised, boolean structuredReplies,
        boolean extendedHeaders, List<MetaContext> contexts) {

    public NbdExport {
        contexts = List.copyOf(contexts);
    }

    /** A selected metadata context, or null. */
    public MetaContext context(String contextName) {
        for (MetaContext context : contexts) {
            if (context.name().equals(contextName)) {
                return context;
            }
        }
        return null;
    }

    /** True if both sides use the extension. */
    public boolean has(Extension extension) {
        return context(extension.contextName()) != null;
    }

    /** Bytes that can be reached in whole minimum blocks: the size, rounded down. */
    public long usableSizeBytes() {
        return sizeBytes & -(long) minBlockBytes;
    }

    /**
     * The device as our caller sees it. Any offset and length is taken (the client does read-modify-write where the server
     * has a coarser minimum) and up to 32 MiB per request (the client splits).
     */
    public BlockGeometry geometry() {
        return new BlockGeometry(usableSizeBytes(), 1, preferredBlockBytes,
                Math.max(NbdConstants.DEFAULT_MAX_PAYLOAD_BYTES, preferredBlockBytes));
    }

    /** What the server offers, on the wire. */
    public Set<BlockCapability> offered() {
        return TransmissionFlags.capabilities(flags);
    }

    /**
     * What our device can do: what the server offers, and WRITE_ZEROES also where the server lacks it, by writing zeros.
     * FLUSH or FUA absent means that the server gives no durability beyond its write replies.
     *
     * @param map the metadata context that EXTENTS is answered from
     */
    Set<BlockCapability> capabilities(String map) {
        EnumSet<BlockCapability> capabilities = EnumSet.noneOf(BlockCapability.class);
        capabilities.addAll(offered());
        if (context(map) != null) {
            capabilities.add(BlockCapability.EXTENTS);
        }
        if (has(Extension.CHECKSUM)) {
            capabilities.add(BlockCapability.CHECKSUM);
        }
        if (has(Extension.ORDER)) {
            capabilities.add(BlockCapability.BARRIER);
        }
        if (has(Extension.RECEIPT)) {
            capabilities.add(BlockCapability.RECEIPT);
        }
        if (capabilities.contains(BlockCapability.READ_ONLY)) {
            capabilities.removeAll(EnumSet.of(BlockCapability.TRIM, BlockCapability.WRITE_ZEROES, BlockCapability.FAST_ZERO));
        } else {
            capabilities.add(BlockCapability.WRITE_ZEROES);
        }
        return Collections.unmodifiableSet(capabilities);
    }
}
