/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.filter;

import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;

/**
 * Which requests a {@link FaultDevice} fails, and how.
 *
 * @param command only this one; null for all
 * @param fromBytes start of the range that a request must touch; a FLUSH touches every range
 * @param toBytes end of that range, not included
 * @param skip matching requests to let through first
 * @param count matching requests to fail then
 * @param error what they fail with
 */
public record FaultRule(BlockCommand command, long fromBytes, long toBytes, long skip, long count, BlockError error) {

    public FaultRule {
        if (fromBytes < 0 || toBytes < fromBytes || skip < 0 || count < 0 || !error.isError()) {
            throw new IllegalArgumentException("fault rule out of range: bytes " + fromBytes + " to " + toBytes + ", skip " + skip
                    + ", count " + count + ", error " + error);
        }
    }

    /** Fails every request of one command for ever with EIO. */
    public static FaultRule every(BlockCommand command) {
        return new FaultRule(command, 0, Long.MAX_VALUE, 0, Long.MAX_VALUE, BlockError.EIO);
    }

    /** Fails every request for ever with EIO: the disk has died. */
    public static FaultRule everything() {
        return every(null);
    }

    public FaultRule in(long offsetBytes, long lengthBytes) {
        return new FaultRule(command, offsetBytes, Math.addExact(offsetBytes, lengthBytes), skip, count, error);
    }

    public FaultRule after(long requests) {
        return new FaultRule(command, fromBytes, toBytes, requests, count, error);
    }

    public FaultRule times(long requests) {
        return new FaultRule(command, fromBytes, toBytes, skip, requests, error);
    }

    public FaultRule with(BlockError newError) {
        return new FaultRule(command, fromBytes, toBytes, skip, count, newError);
    }

    boolean matches(BlockRequest request) {
        if (command != null && command != request.command()) {
            return false;
        }
        return request.command() == BlockCommand.FLUSH
                || request.offsetBytes() < toBytes && request.lengthBytes() > fromBytes - request.offsetBytes();
    }
}
