/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;

/** The file whose content authenticates the nodes to each other. Whoever reads it is a node; so only its owner may. */
public final class SecretFile {

    private static final int MIN_BYTES = 16;
    private static final int MAX_BYTES = 4096;

    private SecretFile() {
    }

    /** The secret, without white space around it, so that an editor's final newline does no harm. */
    public static byte[] read(Path path) throws ConfigException {
        byte[] content;
        try {
            if (!Files.isRegularFile(path)) {
                if (Files.notExists(path, LinkOption.NOFOLLOW_LINKS)) {
                    throw new NoSuchFileException(path.toString());
                }
                throw new ConfigException("secret file " + path + " is not a regular file");
            }
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
            if (permissions.stream().anyMatch(permission -> !permission.name().startsWith("OWNER_"))) {
                throw new ConfigException("secret file " + path + " is open to others than its owner; run: chmod 600 " + path);
            }
            if (Files.size(path) > MAX_BYTES) {
                throw new ConfigException("secret file " + path + " is larger than " + MAX_BYTES + " bytes");
            }
            content = Files.readAllBytes(path);
        } catch (NoSuchFileException e) {
            throw new ConfigException("secret file " + path + " is missing; make one and copy it to every node: "
                    + "(umask 077; head -c 32 /dev/urandom | base64 > " + path + ")");
        } catch (IOException e) {
            throw new ConfigException("secret file " + path + " cannot be read: " + ConfigParser.reason(e));
        }
        byte[] secret = trim(content);
        if (secret.length < MIN_BYTES) {
            throw new ConfigException("secret file " + path + " holds " + secret.length + " bytes; at least " + MIN_BYTES + " are needed");
        }
        return secret;
    }

    private static byte[] trim(byte[] content) {
        int from = 0;
        int to = content.length;
        while (from < to && isSpace(content[from])) {
            from++;
        }
        while (to > from && isSpace(content[to - 1])) {
            to--;
        }
        return java.util.Arrays.copyOfRange(content, from, to);
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || b == '\t' || b == '\n' || b == '\r';
    }
}
