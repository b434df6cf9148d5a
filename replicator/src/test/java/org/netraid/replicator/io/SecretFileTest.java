/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretFileTest {

    @TempDir
    Path folder;

    @Test
    void shouldReadWithoutSurroundingWhiteSpaceWhenOwnerOnly() throws Exception {
        Path file = secret("0123456789abcdef\n", "rw-------");
        assertThat(SecretFile.read(file)).asString().isEqualTo("0123456789abcdef");
    }

    @Test
    void shouldRefuseWhenOthersMayReadIt() throws Exception {
        Path file = secret("0123456789abcdef\n", "rw-r-----");
        assertThatThrownBy(() -> SecretFile.read(file)).hasMessage(
                "secret file " + file + " is open to others than its owner; run: chmod 600 " + file);
    }

    @Test
    void shouldRefuseWhenMissingEmptyOrAFolder() throws Exception {
        assertThatThrownBy(() -> SecretFile.read(folder.resolve("none"))).hasMessageStartingWith(
                "secret file " + folder.resolve("none") + " is missing; make one");
        Path tiny = secret("  short \n", "rw-------");
        assertThatThrownBy(() -> SecretFile.read(tiny)).hasMessage("secret file " + tiny + " holds 5 bytes; at least 16 are needed");
        assertThatThrownBy(() -> SecretFile.read(folder)).hasMessage("secret file " + folder + " is not a regular file");
    }

    private Path secret(String content, String permissions) throws Exception {
        Path file = Files.writeString(folder.resolve("secret"), content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
        return file;
    }
}
