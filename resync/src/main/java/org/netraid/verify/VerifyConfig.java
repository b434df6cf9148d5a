/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.verify;

/**
 * How a verify goes about its work.
 *
 * @param windowPieces pieces compared at the same time while the application is quiet; one at a time otherwise
 * @param pieceBytes bytes compared at once; a chunk that is larger is compared whole
 * @param maxBytesPerSecond ceiling of the rate, counted once for both copies; 0 for none
 */
public record VerifyConfig(int windowPieces, int pieceBytes, long maxBytesPerSecond) {

    public static final VerifyConfig DEFAULT = new VerifyConfig(4, 256 << 10, 100L << 20);

    public VerifyConfig {
        if (windowPieces < 1 || windowPieces > 64) {
            throw new IllegalArgumentException("verify window of " + windowPieces + " pieces is not from 1 to 64");
        }
        if (pieceBytes < 4096 || pieceBytes > 1 << 20) {
            throw new IllegalArgumentException("verify piece of " + pieceBytes + " bytes is not from 4096 to 1048576");
        }
        if (maxBytesPerSecond < 0) {
            throw new IllegalArgumentException("verify rate " + maxBytesPerSecond + " is negative");
        }
    }

    public VerifyConfig withMaxBytesPerSecond(long value) {
        return new VerifyConfig(windowPieces, pieceBytes, value);
    }
}
