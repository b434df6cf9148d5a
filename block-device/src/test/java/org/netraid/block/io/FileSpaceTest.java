/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSpaceTest {

    @TempDir
    private Path folder;

    @Test
    void shouldMakeTheFileAndKeepWhatItHolds() throws IOException {
        Path file = folder.resolve("f");
        FileSpace.reserve(file, 0, 4096);
        assertThat(file).hasSize(4096);
        Files.write(file, new byte[] {1, 2, 3});
        FileSpace.reserve(file, 4096, 1 << 20);
        assertThat(file).hasSize(4096 + (1 << 20));
        byte[] content = Files.readAllBytes(file);
        assertThat(content).startsWith(1, 2, 3);
        content[0] = content[1] = content[2] = 0;
        assertThat(content).containsOnly(0);
    }

    @Test
    void shouldRefuseWhatTheFileSystemCannotHold() {
        assertThatThrownBy(() -> FileSpace.reserve(folder.resolve("f"), 0, 1L << 62)).isInstanceOf(IOException.class);
    }
}
