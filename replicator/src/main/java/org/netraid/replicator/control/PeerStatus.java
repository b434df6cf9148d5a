/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.control;

/**
 * Another node as this one sees it over the peer channel.
 *
 * @param node its name
 * @param address its peer address
 * @param connected the channel is up and authenticated
 * @param lastError why it was last down; "" if never
 */
public record PeerStatus(String node, String address, boolean connected, String lastError) {
}
