/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.peer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Proofs and MACs of the peer channel: HMAC-SHA256 throughout.
 *
 * <p>A proof covers the role of its sender, the cluster, both names and both fresh nonces, so that it is worth nothing in any other
 * conversation. The session key is derived from the same text; a frame's MAC covers its direction, its number in the stream and its
 * bytes: a frame changed, left out, repeated or reflected is noticed.
 */
final class PeerCrypto {

    static final int MAC_BYTES = 16;
    static final int NONCE_BYTES = 16;

    private PeerCrypto() {
    }

    static byte[] hmac(byte[] key, byte[] text) {
        Mac mac = mac(key);
        return mac.doFinal(text);
    }

    static byte[] proof(byte[] secret, String role, String conversation) {
        return hmac(secret, ("netraid-peer-1 " + role + " " + conversation).getBytes(StandardCharsets.UTF_8));
    }

    /** What both sides have seen of each other: the text under every proof. Names cannot contain blanks. */
    static String conversation(String cluster, String client, String server, String clientNonce, String serverNonce) {
        return cluster + " " + client + " " + server + " " + clientNonce + " " + serverNonce;
    }

    static boolean equal(byte[] one, byte[] other) {
        return MessageDigest.isEqual(one, other);
    }

    private static Mac mac(byte[] key) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac;
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every Java has HmacSHA256", e);
        }
    }

    /** MACs of one direction of one session, in order. */
    static final class Stream {
        private final Mac mac;
        private long sequence;

        Stream(byte[] sessionKey, boolean fromClient) {
            mac = mac(hmac(sessionKey, new byte[] {(byte) (fromClient ? 1 : 2)}));
        }

        byte[] next(byte[] bytes, int offset, int length) {
            mac.update(ByteBuffer.allocate(12).putLong(sequence++).putInt(length).array());
            mac.update(bytes, offset, length);
            return Arrays.copyOf(mac.doFinal(), MAC_BYTES);
        }
    }
}
