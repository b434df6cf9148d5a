/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Strings on the wire: UTF-8 without NUL, at most {@link NbdConstants#MAX_STRING_BYTES} bytes. Lengths are always
 * carried outside of the string. Source: NBD protocol, "String values".
 */
public final class NbdStrings {

    private NbdStrings() {
    }

    /**
     * Consumes {@code lengthBytes} bytes.
     *
     * @param what name of the field, for the message
     * @throws NbdFormatException if the bytes are not there, too many, not UTF-8 or contain NUL
     */
    public static String decode(ByteBuffer from, long lengthBytes, String what) {
        if (lengthBytes > from.remaining()) {
            throw new NbdFormatException(what + " announces " + lengthBytes + " bytes, " + from.remaining() + " are there");
        }
        if (lengthBytes > NbdConstants.MAX_STRING_BYTES) {
            throw new NbdFormatException(what + " of " + lengthBytes + " bytes is longer than " + NbdConstants.MAX_STRING_BYTES);
        }
        ByteBuffer bytes = from.slice(from.position(), (int) lengthBytes);
        from.position(from.position() + (int) lengthBytes);
        String text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT).decode(bytes).toString();
        } catch (CharacterCodingException e) {
            throw new NbdFormatException(what + " is not valid UTF-8");
        }
        if (text.indexOf('\0') >= 0) {
            throw new NbdFormatException(what + " contains a NUL character");
        }
        return text;
    }

    /**
     * Bytes of a string that is about to be sent.
     *
     * @throws NbdFormatException if it is too long, contains NUL or half a surrogate pair
     */
    public static byte[] encode(String text, String what) {
        if (text.indexOf('\0') >= 0) {
            throw new NbdFormatException(what + " contains a NUL character");
        }
        ByteBuffer bytes;
        try {
            bytes = StandardCharsets.UTF_8.newEncoder().onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT).encode(CharBuffer.wrap(text));
        } catch (CharacterCodingException e) {
            throw new NbdFormatException(what + " has no UTF-8 form");
        }
        if (bytes.remaining() > NbdConstants.MAX_STRING_BYTES) {
            throw new NbdFormatException(what + " of " + bytes.remaining() + " bytes is longer than " + NbdConstants.MAX_STRING_BYTES);
        }
        byte[] result = new byte[bytes.remaining()];
        bytes.get(result);
        return result;
    }

    /** Bytes of a message for people: cut at a character to the given length, NUL replaced. Never fails. */
    public static byte[] truncated(String text, int maxBytes) {
        byte[] bytes = text.replace('\0', '?').getBytes(StandardCharsets.UTF_8);
        if (bytes.length <= maxBytes) {
            return bytes;
        }
        int end = maxBytes;
        while (end > 0 && (bytes[end] & 0xc0) == 0x80) {
            end--;
        }
        byte[] cut = new byte[end];
        System.arraycopy(bytes, 0, cut, 0, end);
        return cut;
    }
}
