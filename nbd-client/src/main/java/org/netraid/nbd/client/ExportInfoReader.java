/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.nio.ByteBuffer;
import java.util.List;
import org.netraid.nbd.wire.BlockSizeInfo;
import org.netraid.nbd.wire.ExportInfo;
import org.netraid.nbd.wire.InfoRequest;
import org.netraid.nbd.wire.MetaContext;
import org.netraid.nbd.wire.NbdConstants;
import org.netraid.nbd.wire.NbdFormatException;
import org.netraid.nbd.wire.NbdInfoType;
import org.netraid.nbd.wire.NbdStrings;

/** Collects the INFO replies to GO, checks them, and makes an {@link NbdExport} of them. */
final class ExportInfoReader {

    /** Alignment a careful client keeps when the server says nothing. */
    private static final int ASSUMED_BLOCK_BYTES = 512;
    private static final int[] WANTED = {NbdInfoType.NAME, NbdInfoType.DESCRIPTION, NbdInfoType.BLOCK_SIZE};

    private String name;
    private String description = "";
    private ExportInfo export;
    private BlockSizeInfo advertised;

    ExportInfoReader(String exportName) {
        this.name = exportName;
    }

    /** Data of a GO option: name, and the information we understand and obey. */
    static ByteBuffer goRequest(String exportName) {
        return new InfoRequest(exportName, WANTED).encode();
    }

    /** One INFO reply. Types we do not know are ignored, as the protocol demands. */
    void onInfo(ByteBuffer data) {
        if (data.remaining() < 2) {
            throw new NbdFormatException("INFO reply of " + data.remaining() + " bytes");
        }
        int type = Short.toUnsignedInt(data.getShort());
        switch (type) {
            case NbdInfoType.EXPORT -> onExport(ExportInfo.decode(data));
            case NbdInfoType.NAME -> name = NbdStrings.decode(data, data.remaining(), "canonical name");
            case NbdInfoType.DESCRIPTION -> description = PeerText.clean(NbdStrings.decode(data, data.remaining(), "description"));
            case NbdInfoType.BLOCK_SIZE -> advertised = BlockSizeInfo.decode(data);
            default -> data.position(data.limit());
        }
    }

    void onExport(ExportInfo info) {
        if (info.sizeBytes() < 0) {
            throw new NbdFormatException("export size " + Long.toUnsignedString(info.sizeBytes()) + " is beyond 2^63");
        }
        export = info;
    }

    /** @throws NbdFormatException if the server left out what it must send, or sent sizes nobody can obey */
    NbdExport toExport(boolean structured, boolean extended, List<MetaContext> contexts) {
        if (export == null) {
            throw new NbdFormatException("ACK without the size of the export");
        }
        BlockSizeInfo sizes = advertised != null ? advertised : new BlockSizeInfo(
                export.sizeBytes() % ASSUMED_BLOCK_BYTES == 0 ? ASSUMED_BLOCK_BYTES : 1,
                BlockSizeInfo.DEFAULT.preferredBytes(), BlockSizeInfo.DEFAULT.maximumBytes());
        // more than our own maximum is of no use; whole minimum blocks only
        long payload = Math.min(sizes.maximumBytes(), NbdConstants.DEFAULT_MAX_PAYLOAD_BYTES) & -(long) sizes.minimumBytes();
        return new NbdExport(name, description, export.sizeBytes(), export.transmissionFlags(), sizes.minimumBytes(),
                sizes.preferredBytes(), (int) payload, advertised != null, structured, extended, contexts);
    }
}
