/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.intentlog.IntentLog;

/**
 * One target of a mirror.
 *
 * @param slot place in the intent log, 0 to 6; a target keeps its slot for life
 * @param nodeName the target node's name, as operators know it
 * @param systemId identity of the machine; two copies on one machine are refused
 * @param protocol when a write counts as done
 * @param timeoutNs longest time a command may stay unanswered before the target is lost; the application is held no
 *     longer than this by a hung target
 * @param queue how far it may lag behind with protocol A
 */
public record LegConfig(int slot, String nodeName, String systemId, ReplicationProtocol protocol, long timeoutNs, QueueLimit queue) {

    /** DRBD's network timeout. */
    public static final long DEFAULT_TIMEOUT_NS = 6_000_000_000L;

    public LegConfig {
        if (slot < 0 || slot >= IntentLog.MAX_SLOTS) {
            throw new IllegalArgumentException("slot " + slot + " of target " + nodeName + ": a mirror has slots 0 to "
                    + (IntentLog.MAX_SLOTS - 1) + ", at most " + IntentLog.MAX_SLOTS + " targets");
        }
        if (nodeName.isEmpty() || systemId.isEmpty()) {
            throw new IllegalArgumentException("target in slot " + slot + " has no node name or no system id");
        }
        if (timeoutNs <= 0) {
            throw new IllegalArgumentException("timeout " + timeoutNs + " ns of target " + nodeName + " is not positive");
        }
    }

    public LegConfig(int slot, String nodeName, String systemId) {
        this(slot, nodeName, systemId, ReplicationProtocol.C, DEFAULT_TIMEOUT_NS);
    }

    public LegConfig(int slot, String nodeName, String systemId, ReplicationProtocol protocol, long timeoutNs) {
        this(slot, nodeName, systemId, protocol, timeoutNs, QueueLimit.DEFAULT);
    }
}
