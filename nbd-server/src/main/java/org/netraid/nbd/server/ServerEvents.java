/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

/** What an operator may want to know of a server. The shell writes it to a log; called on the event loop. */
public interface ServerEvents {

    ServerEvents NONE = new ServerEvents() {
    };

    /** A link was turned away. */
    default void onRefused(String peer, String reason) {
    }

    default void onOpened(String peer, Export export) {
    }

    /** @param reason for people; says whose fault it was */
    default void onEnded(String peer, String reason) {
    }

    /** The device failed a request that was correct. */
    default void onDeviceError(String peer, Export export, String detail) {
    }
}
