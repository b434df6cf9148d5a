/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Percent-encoding of URI parts over UTF-8. Source: RFC 3986, section 2.1. */
final class PercentCode {

    private static final String HEX = "0123456789ABCDEF";
    /** Besides letters and digits: what needs no encoding in a path, and in a query value too. */
    private static final String PLAIN = "-._~/:@!$'()*,";

    private PercentCode() {
    }

    static String encode(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean plain = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || PLAIN.indexOf(c) >= 0;
            if (plain) {
                out.append(c);
            } else {
                out.append('%').append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 15));
            }
        }
        return out.toString();
    }

    /** @throws NbdFormatException for a percent sign without two hexadecimal digits, or bytes that are not UTF-8 */
    static String decode(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        byte[] raw = text.getBytes(StandardCharsets.UTF_8);
        ByteBuffer out = ByteBuffer.allocate(raw.length);
        for (int i = 0; i < raw.length; i++) {
            if (raw[i] != '%') {
                out.put(raw[i]);
                continue;
            }
            int high = i + 2 < raw.length ? Character.digit(raw[i + 1], 16) : -1;
            int low = i + 2 < raw.length ? Character.digit(raw[i + 2], 16) : -1;
            if (high < 0 || low < 0) {
                throw new NbdFormatException("'%' without two hexadecimal digits in '" + text + "'");
            }
            out.put((byte) (high << 4 | low));
            i += 2;
        }
        out.flip();
        if (out.remaining() > NbdConstants.MAX_STRING_BYTES) {
            throw new NbdFormatException("a part of " + out.remaining() + " bytes is longer than " + NbdConstants.MAX_STRING_BYTES);
        }
        return NbdStrings.decode(out, out.remaining(), "percent-decoded part");
    }
}
