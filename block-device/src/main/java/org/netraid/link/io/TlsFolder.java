/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.CRL;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * A folder of certificates under the names that nbdkit, qemu and libnbd use: {@code ca-cert.pem}, {@code ca-crl.pem},
 * {@code server-cert.pem}, {@code server-key.pem}, {@code client-cert.pem}, {@code client-key.pem}. Reads what one side needs and
 * refuses what cannot work, with the file's name.
 */
final class TlsFolder {

    private static final String CA_CERT = "ca-cert.pem";
    private static final String CA_CRL = "ca-crl.pem";
    private static final List<String> FILES =
            List.of(CA_CERT, CA_CRL, "server-cert.pem", "server-key.pem", "client-cert.pem", "client-key.pem");

    private final Path folder;

    TlsFolder(Path folder) throws TlsException {
        if (!Files.isDirectory(folder)) {
            throw new TlsException("there is no folder " + folder + " with certificates");
        }
        this.folder = folder;
    }

    /** Changes whenever a file has been replaced. */
    String stamp() {
        StringBuilder stamp = new StringBuilder();
        for (String name : FILES) {
            Path file = folder.resolve(name);
            try {
                stamp.append(Files.getLastModifiedTime(file)).append(' ').append(Files.size(file));
            } catch (IOException absent) {
                stamp.append('-');
            }
            stamp.append(',');
        }
        return stamp.toString();
    }

    boolean has(String name) {
        return Files.exists(folder.resolve(name));
    }

    /** @param side {@code server} or {@code client} */
    KeyManagerFactory keys(String side) throws TlsException {
        Path certFile = folder.resolve(side + "-cert.pem");
        Path keyFile = folder.resolve(side + "-key.pem");
        List<X509Certificate> chain = certificates(certFile);
        PrivateKey key = PrivateKeyFile.read(keyFile);
        checkValid(certFile, chain.get(0));
        if (!PrivateKeyFile.matches(key, chain.get(0).getPublicKey())) {
            throw new TlsException("the private key in " + keyFile + " does not belong to the certificate in " + certFile);
        }
        try {
            char[] noPassword = new char[0];
            KeyStore store = emptyStore();
            store.setKeyEntry(side, key, noPassword, chain.toArray(new X509Certificate[0]));
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, noPassword);
            return keys;
        } catch (GeneralSecurityException | IOException e) {
            throw new TlsException(certFile + " and " + keyFile + " cannot be used: " + e.getMessage());
        }
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    /** Whom to believe: the authorities of {@code ca-cert.pem}, less what {@code ca-crl.pem} revokes if there is one. */
    TrustManagerFactory authorities() throws TlsException {
        Path file = folder.resolve(CA_CERT);
        Set<TrustAnchor> anchors = new HashSet<>();
        for (X509Certificate authority : certificates(file)) {
            anchors.add(new TrustAnchor(authority, null));
        }
        try {
            PKIXBuilderParameters rules = new PKIXBuilderParameters(anchors, new X509CertSelector());
            rules.setRevocationEnabled(false);
            if (has(CA_CRL)) {
                revoke(rules);
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(new CertPathTrustManagerParameters(rules));
            return trust;
        } catch (GeneralSecurityException e) {
            throw new TlsException(file + " cannot be used: " + e.getMessage());
        }
    }

    /** As gnutls: nothing is fetched, and an authority without a list revokes nothing. */
    private void revoke(PKIXBuilderParameters rules) throws TlsException, GeneralSecurityException {
        Path file = folder.resolve(CA_CRL);
        List<CRL> lists = new ArrayList<>();
        for (PemBlock block : PemBlock.read(file)) {
            if (block.label().equals("X509 CRL")) {
                lists.add(CertificateFactory.getInstance("X.509").generateCRL(new ByteArrayInputStream(block.der())));
            }
        }
        if (lists.isEmpty()) {
            throw new TlsException(file + " holds no revocation list in PEM form");
        }
        PKIXRevocationChecker checker = (PKIXRevocationChecker) CertPathBuilder.getInstance("PKIX").getRevocationChecker();
        checker.setOptions(EnumSet.of(PKIXRevocationChecker.Option.PREFER_CRLS, PKIXRevocationChecker.Option.NO_FALLBACK,
                PKIXRevocationChecker.Option.SOFT_FAIL));
        rules.addCertPathChecker(checker);
        rules.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(lists)));
    }

    private static List<X509Certificate> certificates(Path file) throws TlsException {
        List<X509Certificate> found = new ArrayList<>();
        for (PemBlock block : PemBlock.read(file)) {
            if (block.label().endsWith("CERTIFICATE")) {
                try {
                    found.add((X509Certificate) CertificateFactory.getInstance("X.509")
                            .generateCertificate(new ByteArrayInputStream(block.der())));
                } catch (CertificateException e) {
                    throw new TlsException(file + ": the certificate in it is damaged: " + e.getMessage());
                }
            }
        }
        if (found.isEmpty()) {
            throw new TlsException(file + " holds no certificate in PEM form");
        }
        return found;
    }

    private static void checkValid(Path file, X509Certificate certificate) throws TlsException {
        try {
            certificate.checkValidity();
        } catch (CertificateExpiredException e) {
            throw new TlsException("the certificate in " + file + " expired at " + certificate.getNotAfter().toInstant());
        } catch (CertificateNotYetValidException e) {
            throw new TlsException("the certificate in " + file + " is not valid before " + certificate.getNotBefore().toInstant());
        }
    }
}
