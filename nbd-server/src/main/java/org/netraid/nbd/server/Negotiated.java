/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

/**
 * What the handshake has settled for the transmission phase.
 *
 * @param structured structured replies, also implied by extended headers
 * @param extended extended headers
 * @param allocation the metadata context base:allocation is selected for the export that was opened
 */
record Negotiated(boolean structured, boolean extended, boolean allocation) {

    /** Number of base:allocation on the wire, as told to the client when it selected it. */
    static final int ALLOCATION_ID = 1;
}
