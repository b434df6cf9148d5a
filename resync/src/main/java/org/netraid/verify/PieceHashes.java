/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.verify;

import java.nio.ByteBuffer;
import org.netraid.block.ChunkHash;
import org.netraid.intentlog.IntentLog;
import org.netraid.mirror.DeviceOp;
import org.netraid.mirror.DeviceOpOwner;

/** The hashes of one piece on both sides. Reusable. */
final class PieceHashes {

    private final VerifySession session;
    private ByteBuffer local;
    private ByteBuffer target;
    private int open;
    private boolean failed;

    PieceHashes(VerifySession session) {
        this.session = session;
    }

    /** Asks both sides; each answer goes to the owner, who passes it to {@link #answered}. */
    void ask(DeviceOpOwner owner, long offsetBytes, int lengthBytes) {
        int chunkBytes = session.log().chunkBytes();
        int bytes = ChunkHash.hashesBytes(lengthBytes, chunkBytes);
        local = room(local, bytes);
        target = room(target, bytes);
        open = 2;
        failed = false;
        session.mirror().resyncPort().checksum(IntentLog.LOCAL, owner, offsetBytes, lengthBytes, chunkBytes, local);
        session.mirror().resyncPort().checksum(session.slot(), owner, offsetBytes, lengthBytes, chunkBytes, target);
    }

    private static ByteBuffer room(ByteBuffer buffer, int bytes) {
        ByteBuffer enough = buffer == null || buffer.capacity() < bytes ? ByteBuffer.allocate(bytes) : buffer;
        return enough.clear().limit(bytes);
    }

    /** @return true if that was the last answer */
    boolean answered(DeviceOp op, boolean lost) {
        failed |= lost || op.error().isError();
        if (lost) {
            // a command that nobody waits for any more may yet write there
            target = null;
        }
        return --open == 0;
    }

    /** Not when one of the sides could not say. */
    boolean areKnown() {
        return !failed;
    }

    boolean areEqual() {
        return !failed && local.rewind().equals(target.rewind());
    }
}
