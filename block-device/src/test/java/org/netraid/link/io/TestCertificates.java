/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.TimeUnit;

/** Makes authorities and certificate folders with openssl; what is made is good for two days. */
public final class TestCertificates {

    /** The server name and address that ordinary server certificates are for. */
    public static final String LOCAL = "DNS:localhost,IP:127.0.0.1,IP:::1";

    private final Path root;

    /** Two authorities: {@code trusted} and {@code other}. */
    public TestCertificates(Path root) throws IOException {
        this.root = root;
        for (String authority : new String[] {"trusted", "other"}) {
            run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=%s-authority"
                    + " -keyout %s-key.pem -out %s.pem", authority, authority, authority);
        }
    }

    /** A folder that believes the authority and has certificates for both sides, issued by it. */
    public Path folder(String name, String authority) throws IOException {
        Path folder = believing(name, authority);
        issue(folder, "server", authority, LOCAL, 2);
        issue(folder, "client", authority, "DNS:client.example.org", 2);
        return folder;
    }

    /** A folder with nothing but the authority to believe. */
    public Path believing(String name, String authority) throws IOException {
        Path folder = Files.createDirectory(root.resolve(name));
        Files.copy(root.resolve(authority + ".pem"), folder.resolve("ca-cert.pem"), StandardCopyOption.REPLACE_EXISTING);
        return folder;
    }

    /**
     * Puts a certificate with its key into the folder, in place of the one that is there.
     *
     * @param side {@code server} or {@code client}
     * @param names such as {@link #LOCAL}
     * @param days below zero: expired so long ago
     */
    public void issue(Path folder, String side, String authority, String names, int days) throws IOException {
        String file = folder.resolve(side).toString();
        run("printf 'subjectAltName=%s\\n' > ext && openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=%s"
                + " -keyout %s-key.new -out %s.csr && openssl x509 -req -in %s.csr -CA %s.pem -CAkey %s-key.pem -CAcreateserial"
                + " -days %s -extfile ext -out %s-cert.new && mv %s-key.new %s-key.pem && mv %s-cert.new %s-cert.pem && rm %s.csr",
                names, side, file, file, file, authority, authority, Integer.toString(days), file, file, file, file, file, file);
    }

    /** Writes {@code ca-crl.pem}, by which the authority takes the certificate back. */
    public void revoke(Path folder, String authority, Path certificate) throws IOException {
        run("rm -f index* crlnumber; touch index.txt && echo 01 > crlnumber && printf '[ca]\\ndefault_ca=a\\n[a]\\ndatabase=index.txt\\n"
                + "crlnumber=crlnumber\\ndefault_md=sha256\\n' > ca.conf && openssl ca -config ca.conf -keyfile %s-key.pem -cert %s.pem"
                + " -revoke %s && openssl ca -config ca.conf -keyfile %s-key.pem -cert %s.pem -gencrl -crldays 2 -out %s",
                authority, authority, certificate.toString(), authority, authority, folder.resolve("ca-crl.pem").toString());
    }

    /** Rewrites a key in the form that an older tool would have given it. @param type {@code rsa} or {@code ec} */
    public Path oldKey(String name, String type) throws IOException {
        Path file = root.resolve(name);
        run(type.equals("rsa") ? "openssl genrsa -traditional -out %s 2048" : "openssl ecparam -name secp384r1 -genkey -out %s",
                file.toString());
        return file;
    }

    /** A certificate that an old key signs for itself. */
    public void selfSign(Path key, Path certificate) throws IOException {
        run("openssl req -x509 -key %s -days 2 -subj /CN=self -out %s", key.toString(), certificate.toString());
    }

    private void run(String script, Object... arguments) throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/openssl")), "openssl is not installed");
        Path log = root.resolve("openssl.log");
        Process process = new ProcessBuilder("sh", "-c", String.format(script, arguments)).directory(root.toFile())
                .redirectErrorStream(true).redirectOutput(log.toFile()).start();
        try {
            if (!process.waitFor(90, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new AssertionError("openssl failed: " + Files.readString(log));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
