/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.CertificateRevokedException;
import java.util.Locale;
import javax.net.ssl.SSLException;

/** Turns what the JDK and Netty say of a TLS session that failed into a sentence for people. */
final class TlsReasons {

    private TlsReasons() {
    }

    /** True if the exception, or what caused it, comes from TLS. */
    static boolean isTls(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof SSLException) {
                return true;
            }
        }
        return false;
    }

    static String of(Throwable thrown) {
        String message = "";
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            String special = special(cause);
            if (special != null) {
                return special;
            }
            message = cause.getMessage() == null ? message : cause.getMessage();
        }
        return message.isEmpty() ? "the TLS session failed (" + thrown.getClass().getSimpleName() + ")" : inWords(message);
    }

    private static String special(Throwable cause) {
        if (cause instanceof NotSslRecordException) {
            return "the other end sent plain bytes where TLS has to begin";
        }
        if (cause instanceof SslHandshakeTimeoutException) {
            return "the other end did not finish the TLS handshake in time";
        }
        if (cause instanceof ClosedChannelException) {
            return "the other end closed the connection";
        }
        if (cause instanceof CertificateExpiredException) {
            return "the certificate of the other end has expired: " + cause.getMessage();
        }
        if (cause instanceof CertificateNotYetValidException) {
            return "the certificate of the other end is not valid yet: " + cause.getMessage();
        }
        if (cause instanceof CertificateRevokedException || cause instanceof CertPathValidatorException path
                && path.getReason() == CertPathValidatorException.BasicReason.REVOKED) {
            return "the certificate of the other end has been revoked (ca-crl.pem)";
        }
        return null;
    }

    private static String inWords(String message) {
        String lower = message.toLowerCase(Locale.ROOT);
        if (lower.contains("received fatal alert: ")) {
            return "the other end refused TLS: " + lower.substring(lower.indexOf("alert: ") + "alert: ".length()).replace('_', ' ');
        }
        if (lower.contains("unable to find valid certification path") || lower.contains("path does not chain")) {
            return "the certificate of the other end comes from an authority that is not trusted (ca-cert.pem)";
        }
        if (lower.contains("no name matching") || lower.contains("no subject alternative")) {
            return "the certificate of the other end is for another name: " + message;
        }
        if (lower.contains("empty client certificate chain") || lower.contains("null cert chain")) {
            return "the client has shown no certificate";
        }
        return message;
    }
}
