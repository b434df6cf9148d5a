/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

/**
 * NetRAID's additions to the protocol that are negotiated by selecting a metadata context. Specified in {@code docs/wire-extensions.md}.
 */
public enum Extension {
    /** {@link NbdCommand#CHECKSUM}: hashes of a range without its data. */
    CHECKSUM("x-netraid:checksum"),
    /** {@link CommandFlags#RECEIPT}: a modification is acknowledged once in memory, and again when it is carried out. */
    RECEIPT("x-netraid:receipt"),
    /** {@link NbdCommand#BARRIER}: modifications before it are carried out before those behind it. */
    ORDER("x-netraid:order"),
    /** {@link NbdCommand#WRITE_LZ4}: a WRITE whose payload is compressed. */
    LZ4("x-netraid:lz4");

    private final String contextName;

    Extension(String contextName) {
        this.contextName = contextName;
    }

    /** The metadata context that stands for it. Its status is 0 everywhere. */
    public String contextName() {
        return contextName;
    }
}
