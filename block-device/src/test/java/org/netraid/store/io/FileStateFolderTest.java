/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.store.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.store.StateFolder;
import org.netraid.store.StateFolderException;

class FileStateFolderTest {

    @TempDir
    Path parent;

    private FileStateFolder state;

    @AfterEach
    void stop() {
        if (state != null) {
            state.close();
        }
    }

    // Errors first

    @Test
    void shouldNameFolderAndPidWhenThisProcessHoldsItAlready() {
        Path folder = open();
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> FileStateFolder.open(folder)).isInstanceOf(StateFolderException.class)
                    .hasMessageContaining(folder.toString()).hasMessageContaining("in use by this process, pid "
                            + ProcessHandle.current().pid());
        }
    }

    @Test
    void shouldNameFolderAndPidWhenAnotherProcessHoldsIt() throws Exception {
        Path folder = parent.resolve("held");
        Process other = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp", System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Holder.class.getName(), folder.toString()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try {
            String ready = other.inputReader().readLine();
            assertThat(ready).isEqualTo("held");
            assertThatThrownBy(() -> FileStateFolder.open(folder)).isInstanceOf(StateFolderException.class)
                    .hasMessageContaining(folder.toString()).hasMessageContaining("another process, pid " + other.pid());
            // Refusing must not have taken the lock away, nor kept anything here.
            assertThatThrownBy(() -> FileStateFolder.open(folder)).hasMessageContaining("another process");
        } finally {
            other.destroyForcibly();
            assertThat(other.waitFor(90, TimeUnit.SECONDS)).isTrue();
        }
        state = FileStateFolder.open(folder);
        assertThat(state.read("flag")).hasValueSatisfying(content -> assertThat(content).containsExactly(1));
    }

    /** The other process. */
    static final class Holder {
        public static void main(String[] arguments) throws Exception {
            FileStateFolder folder = FileStateFolder.open(Path.of(arguments[0]));
            folder.write("flag", new byte[] {1});
            System.out.println("held");
            System.out.flush();
            System.in.read();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", ".hidden", "a/b", "../x", "a b", "x.tmp", "lock", "a\u0000b", "\u00e9"})
    void shouldRefuseBadFileNames(String name) {
        open();
        assertThatThrownBy(() -> state.write(name, new byte[1])).isInstanceOf(StateFolderException.class);
        assertThatThrownBy(() -> state.read(name)).isInstanceOf(StateFolderException.class);
        assertThatThrownBy(() -> state.delete(name)).isInstanceOf(StateFolderException.class);
    }

    @Test
    void shouldRefuseAFileThatIsTooLarge() throws Exception {
        Path folder = open();
        assertThatThrownBy(() -> state.write("big", new byte[StateFolder.MAX_FILE_BYTES + 1]))
                .isInstanceOf(StateFolderException.class).hasMessageContaining("big");
        Files.write(folder.resolve("huge"), new byte[StateFolder.MAX_FILE_BYTES + 1]);
        assertThatThrownBy(() -> state.read("huge")).isInstanceOf(StateFolderException.class).hasMessageContaining("move it away");
    }

    @Test
    void shouldSayWhatIsWrongWhenTheFolderCannotBeUsed() throws Exception {
        Path file = Files.writeString(parent.resolve("file"), "x");
        assertThatThrownBy(() -> FileStateFolder.open(file)).hasMessageContaining(file.toString()).hasMessageContaining("is a file");
        assertThatThrownBy(() -> FileStateFolder.open(parent.resolve("no/where"))).hasMessageContaining("create that one first");
        Path open = Files.createDirectory(parent.resolve("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThatThrownBy(() -> FileStateFolder.open(open)).hasMessageContaining("chmod 700 " + open);
    }

    @Test
    void shouldKeepTheOldContentWhenTheDiskIsFull() throws Exception {
        try (Tmpfs tmpfs = Tmpfs.mount(parent.resolve("small"), 64)) {
            Path folder = tmpfs.path().resolve("state");
            state = FileStateFolder.open(folder);
            state.write("flag", text("old"));
            byte[] tooMuch = new byte[200_000];
            assertThatThrownBy(() -> state.write("flag", tooMuch)).isInstanceOf(StateFolderException.class)
                    .hasMessageContaining(folder.resolve("flag").toString()).hasMessageContaining("free some space");
            assertThat(state.read("flag")).hasValueSatisfying(content -> assertThat(content).isEqualTo(text("old")));
            assertThat(state.list()).containsExactly("flag");
            assertThat(folder.resolve("flag.tmp")).as("gives its space back").doesNotExist();
            state.close();
        }
    }

    @Test
    void shouldRefuseUseWhenClosed() {
        open();
        state.close();
        state.close();
        assertThatThrownBy(() -> state.write("flag", new byte[1])).hasMessageContaining("closed");
    }

    // Content

    @Test
    void shouldReadBackWhatWasWritten() {
        open();
        assertThat(state.read("flag")).isEmpty();
        state.write("flag", text("one"));
        state.write("flag", text("two"));
        state.write("a", new byte[0]);
        assertThat(state.read("flag")).hasValueSatisfying(content -> assertThat(content).isEqualTo(text("two")));
        assertThat(state.list()).containsExactly("a", "flag");
        state.delete("flag");
        state.delete("flag");
        assertThat(state.read("flag")).isEmpty();
        assertThat(state.list()).containsExactly("a");
    }

    @Test
    void shouldKeepContentAndDropLeftOversWhenOpenedAgain() throws Exception {
        Path folder = open();
        state.write("flag", text("kept"));
        state.close();
        Files.writeString(folder.resolve("flag.tmp"), "torn");
        state = FileStateFolder.open(folder);
        assertThat(state.read("flag")).hasValueSatisfying(content -> assertThat(content).isEqualTo(text("kept")));
        assertThat(folder.resolve("flag.tmp")).doesNotExist();
    }

    @Test
    void shouldBePrivateToItsOwner() throws Exception {
        Path folder = open();
        state.write("flag", text("x"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder))).isEqualTo("rwx------");
        for (File file : folder.toFile().listFiles()) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.toPath()))).isEqualTo("rw-------");
        }
    }

    private Path open() {
        Path folder = parent.resolve("state");
        state = FileStateFolder.open(folder);
        return folder;
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
