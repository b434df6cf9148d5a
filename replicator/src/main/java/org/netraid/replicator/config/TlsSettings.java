/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

/**
 * Encryption. With it, everything between nodes is in TLS, and both sides check each other's certificates.
 *
 * @param certificates folder, on every node, with its ca-cert.pem, server-cert.pem, server-key.pem, client-cert.pem, client-key.pem
 * @param exports how applications reach the mirrored device over TCP; a unix socket is always plain
 * @param verifyPeer an application that uses TLS has to show a certificate too
 */
public record TlsSettings(String certificates, Exports exports, boolean verifyPeer) {

    /** What applications may or must do. */
    public enum Exports {
        OFF, ON, REQUIRE
    }

    public TlsSettings {
        if (certificates == null || certificates.isEmpty()) {
            throw new IllegalArgumentException("TLS needs a folder of certificates");
        }
    }
}
