/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * The blocks of a PEM file, in order. Text between them, such as {@code certtool} writes, is passed over. Source: RFC 7468.
 *
 * @param label what stands behind BEGIN, such as {@code CERTIFICATE}
 * @param der the decoded bytes
 */
record PemBlock(String label, byte[] der) {

    /** A chain or a revocation list is a few kilobytes; a bundle of all public authorities a quarter of a megabyte. */
    private static final int MAX_FILE_BYTES = 4 << 20;
    private static final String BEGIN = "-----BEGIN ";
    private static final String END = "-----END ";
    private static final String DASHES = "-----";

    static List<PemBlock> read(Path file) throws TlsException {
        try {
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw new TlsException(file + " is larger than " + MAX_FILE_BYTES + " bytes; is it a PEM file?");
            }
            return parse(file, Files.readString(file, StandardCharsets.ISO_8859_1));
        } catch (NoSuchFileException e) {
            throw new TlsException("there is no file " + file);
        } catch (AccessDeniedException e) {
            throw new TlsException(file + " cannot be read: permission denied");
        } catch (IOException e) {
            throw new TlsException(file + " cannot be read: " + LinkReasons.of(e));
        }
    }

    private static List<PemBlock> parse(Path file, String text) throws TlsException {
        List<PemBlock> blocks = new ArrayList<>();
        int at = text.indexOf(BEGIN);
        while (at >= 0) {
            int labelEnd = text.indexOf(DASHES, at + BEGIN.length());
            String label = labelEnd < 0 ? "" : text.substring(at + BEGIN.length(), labelEnd);
            int end = labelEnd < 0 ? -1 : text.indexOf(END + label + DASHES, labelEnd);
            if (end < 0) {
                throw new TlsException(file + ": a PEM block has no end");
            }
            String body = text.substring(labelEnd + DASHES.length(), end);
            if (body.contains("Proc-Type: 4,ENCRYPTED")) {
                throw new TlsException(file + ": the private key is encrypted; a server that starts by itself needs one that is not");
            }
            try {
                blocks.add(new PemBlock(label, Base64.getMimeDecoder().decode(body)));
            } catch (IllegalArgumentException e) {
                throw new TlsException(file + ": the " + label + " in it is not base64");
            }
            at = text.indexOf(BEGIN, end);
        }
        return blocks;
    }
}
