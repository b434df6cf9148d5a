/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.verify;

/**
 * A place where a target differs from the local disk: within one chunk, from the first to the last byte that differs.
 *
 * @param offsetBytes first byte that differs
 * @param lengthBytes up to and with the last byte of the chunk that differs
 * @param differingBytes bytes between these two that differ
 * @param repaired the target has been given the local disk's bytes
 */
public record VerifyDifference(long offsetBytes, long lengthBytes, long differingBytes, boolean repaired) {
}
