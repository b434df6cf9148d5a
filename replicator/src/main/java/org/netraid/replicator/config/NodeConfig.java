/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

import org.netraid.link.LinkAddress;

/**
 * One system with a daemon.
 *
 * @param name at most 64 bytes
 * @param address where its daemon listens for peers
 * @param nbd where it serves its disks to a source
 * @param stateFolder path of the folder with flags, generations, intent logs and the control socket; of this daemon alone
 * @param tlsHostName name or address that its certificate is for
 */
public record NodeConfig(String name, LinkAddress address, LinkAddress nbd, String stateFolder, String tlsHostName) {

    /** A node whose certificate is for the host of its address. */
    public NodeConfig(String name, LinkAddress address, LinkAddress nbd, String stateFolder) {
        this(name, address, nbd, stateFolder, address == null ? "" : address.host());
    }

    public NodeConfig withNbd(LinkAddress value) {
        return new NodeConfig(name, address, value, stateFolder, tlsHostName);
    }

    public NodeConfig {
        Checks.name("node name", name);
        if (address == null || nbd == null) {
            throw new IllegalArgumentException("node " + name + " needs address and nbd");
        }
        if (stateFolder == null || stateFolder.isEmpty()) {
            throw new IllegalArgumentException("node " + name + " needs a state folder");
        }
    }
}
