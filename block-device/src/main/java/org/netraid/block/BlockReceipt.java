/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block;

/** Told when a modification is received; see {@link BlockRequest#withReceipt}. */
@FunctionalInterface
public interface BlockReceipt {

    /** On the device's event loop, never inside submit; the request still belongs to the device. */
    void onReceived(BlockRequest request);
}
