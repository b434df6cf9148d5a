/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.List;

/**
 * Private keys in the forms in which {@code openssl} and {@code certtool} write them: PKCS #8, and the older ones of RSA (PKCS #1)
 * and elliptic curves (SEC 1), which are put into a PKCS #8 frame, since the JDK reads nothing else.
 */
final class PrivateKeyFile {

    private static final int SEQUENCE = 0x30;
    private static final int OCTET_STRING = 0x04;
    private static final int CURVE = 0xa0;
    private static final byte[] VERSION_0 = {2, 1, 0};
    /** 1.2.840.113549.1.1.1 with NULL parameters. */
    private static final byte[] RSA = {6, 9, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 1, 1, 5, 0};
    /** 1.2.840.10045.2.1; the curve follows. */
    private static final byte[] EC = {6, 7, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 2, 1};
    private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA", "RSASSA-PSS", "DSA");

    private PrivateKeyFile() {
    }

    static PrivateKey read(Path file) throws TlsException {
        for (PemBlock block : PemBlock.read(file)) {
            switch (block.label()) {
                case "PRIVATE KEY":
                    return decode(file, block.der());
                case "RSA PRIVATE KEY":
                    return decode(file, framed(RSA, block.der()));
                case "EC PRIVATE KEY":
                    return decode(file, framed(join(EC, curveOf(file, block.der())), block.der()));
                case "ENCRYPTED PRIVATE KEY":
                    throw new TlsException(file + ": the private key is encrypted; a server that starts by itself needs one that is not");
                default:
                    // EC PARAMETERS and the like stand before the key
                    break;
            }
        }
        throw new TlsException(file + " holds no private key in PEM form");
    }

    private static PrivateKey decode(Path file, byte[] pkcs8) throws TlsException {
        for (String algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
            } catch (GeneralSecurityException notThisOne) {
                continue;
            }
        }
        throw new TlsException(file + ": this Java does not understand the private key in it");
    }

    /** True if what the key signs, the certificate's key confirms. */
    static boolean matches(PrivateKey key, PublicKey certified) {
        String scheme = switch (certified.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            case "RSASSA-PSS" -> "";
            default -> certified.getAlgorithm();
        };
        if (scheme.isEmpty()) {
            return true;
        }
        try {
            byte[] text = {1, 2, 3};
            Signature signer = Signature.getInstance(scheme);
            signer.initSign(key);
            signer.update(text);
            byte[] signed = signer.sign();
            signer.initVerify(certified);
            signer.update(text);
            return signer.verify(signed);
        } catch (GeneralSecurityException another) {
            return false;
        }
    }

    /** ECPrivateKey ::= SEQUENCE { version, OCTET STRING key, [0] curve, [1] public key }. Source: RFC 5915. */
    private static byte[] curveOf(Path file, byte[] ecKey) throws TlsException {
        ByteBuffer in = ByteBuffer.wrap(ecKey);
        try {
            enter(in);
            while (in.hasRemaining()) {
                int tag = Byte.toUnsignedInt(in.get());
                int length = length(in);
                if (tag == CURVE) {
                    byte[] curve = new byte[length];
                    in.get(curve);
                    return curve;
                }
                in.position(in.position() + length);
            }
        } catch (RuntimeException malformed) {
            throw new TlsException(file + ": the private key in it is damaged");
        }
        throw new TlsException(file + ": the private key does not say which curve it is on; convert it with openssl pkcs8 -topk8");
    }

    private static void enter(ByteBuffer in) {
        in.get();
        length(in);
    }

    private static int length(ByteBuffer in) {
        int first = Byte.toUnsignedInt(in.get());
        if (first < 0x80) {
            return first;
        }
        int length = 0;
        for (int i = 0; i < (first & 0x7f); i++) {
            length = Math.addExact(Math.multiplyExact(length, 256), Byte.toUnsignedInt(in.get()));
        }
        return length;
    }

    /** PrivateKeyInfo ::= SEQUENCE { version, algorithm, OCTET STRING key }. Source: RFC 5208. */
    private static byte[] framed(byte[] algorithm, byte[] key) {
        return tagged(SEQUENCE, join(VERSION_0, join(tagged(SEQUENCE, algorithm), tagged(OCTET_STRING, key))));
    }

    private static byte[] tagged(int tag, byte[] content) {
        int length = content.length;
        ByteBuffer out = ByteBuffer.allocate(length + 5).put((byte) tag);
        if (length < 0x80) {
            out.put((byte) length);
        } else if (length < 0x100) {
            out.put((byte) 0x81).put((byte) length);
        } else if (length < 0x10000) {
            out.put((byte) 0x82).putShort((short) length);
        } else {
            out.put((byte) 0x83).put((byte) (length >> 16)).putShort((short) length);
        }
        out.put(content).flip();
        byte[] bytes = new byte[out.remaining()];
        out.get(bytes);
        return bytes;
    }

    private static byte[] join(byte[] first, byte[] second) {
        return ByteBuffer.allocate(first.length + second.length).put(first).put(second).array();
    }
}
