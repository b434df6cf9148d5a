/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

import java.nio.ByteBuffer;

/**
 * Size and flags of an export: NBD_INFO_EXPORT, and the answer to EXPORT_NAME.
 *
 * @param sizeBytes as signed long; negative is beyond what this project can use
 * @param transmissionFlags {@link TransmissionFlags}
 */
public record ExportInfo(long sizeBytes, int transmissionFlags) {

    /** Size and flags without the info type in front. */
    public static final int BYTES = 10;

    /** @param body what follows the info type; read whole */
    public static ExportInfo decode(ByteBuffer body) {
        if (body.remaining() != BYTES) {
            throw new NbdFormatException("export information of " + body.remaining() + " bytes instead of " + BYTES);
        }
        return new ExportInfo(body.getLong(), Short.toUnsignedInt(body.getShort()));
    }

    public void encode(ByteBuffer to) {
        to.putLong(sizeBytes);
        to.putShort((short) transmissionFlags);
    }
}
