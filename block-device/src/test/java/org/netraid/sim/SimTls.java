/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.sim;

import org.netraid.link.LinkTls;

/**
 * What one side of a simulated TLS stream shows and demands.
 *
 * @param isServer answers handshakes
 * @param hasCertificate shows a certificate of its own
 * @param demandsCertificate refuses a peer without a certificate
 * @param failure why this side refuses every peer; empty if it does not
 */
public record SimTls(boolean isServer, boolean hasCertificate, boolean demandsCertificate, String failure) implements LinkTls {

    /** A server with a certificate that takes any client. */
    public static SimTls server() {
        return new SimTls(true, true, false, "");
    }

    /** A client without a certificate that takes any server with one. */
    public static SimTls client() {
        return new SimTls(false, false, true, "");
    }

    public SimTls withCertificate() {
        return new SimTls(isServer, true, demandsCertificate, failure);
    }

    public SimTls demandingCertificate() {
        return new SimTls(isServer, hasCertificate, true, failure);
    }

    public SimTls failing(String reason) {
        return new SimTls(isServer, hasCertificate, demandsCertificate, reason);
    }
}
