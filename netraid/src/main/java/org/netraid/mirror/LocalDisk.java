/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

/** The errors of the local disk and what follows from them. */
final class LocalDisk implements CopyChannel.Watcher {

    private final Mirror mirror;
    private long errors;
    private String lastError = "";

    LocalDisk(Mirror mirror) {
        this.mirror = mirror;
    }

    /** Failed commands since start. */
    long errors() {
        return errors;
    }

    String lastError() {
        return lastError;
    }

    @Override
    public void onError(CopyChannel channel, DeviceOp op) {
        errors++;
        lastError = op.errorText();
        mirror.listeners.localError(lastError);
        if (op.isFlushFailure()) {
            mirror.listeners.localDiskLost(lastError);
            mirror.life.fail("what was written to the local disk may be lost (" + lastError + ")");
        }
    }

    @Override
    public void onTimeout(CopyChannel channel, DeviceOp oldest) {
        throw new IllegalStateException("the local disk has no timeout");
    }

    @Override
    public void onDrained(CopyChannel channel) {
        throw new IllegalStateException("the local disk is never given up");
    }
}
