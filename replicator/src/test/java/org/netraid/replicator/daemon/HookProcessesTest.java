/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.link.io.NettyRuntime;
import org.netraid.replicator.config.HookSettings;
import org.netraid.replicator.node.HookRunner;

class HookProcessesTest {

    @TempDir
    Path folder;

    private final NettyRuntime runtime = new NettyRuntime("test", 1, Throwable::printStackTrace);

    @AfterEach
    void stop() {
        runtime.close();
    }

    private String script(String text) throws IOException {
        Path file = folder.resolve("hook");
        Files.writeString(file, "#!/bin/sh\n" + text + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return file.toString();
    }

    private String run(String program, long timeoutMs) throws Exception {
        HookSettings settings = new HookSettings(Map.of(HookRunner.OUT_OF_SYNC, program), timeoutMs * 1_000_000);
        try (HookProcesses hooks = new HookProcesses(settings, runtime.loop(0))) {
            CompletableFuture<HookRunner.Result> result = new CompletableFuture<>();
            runtime.loop(0).execute(() -> hooks.run(HookRunner.OUT_OF_SYNC, Map.of("NETRAID_TAG", "data"), result::complete));
            return result.get(20, TimeUnit.SECONDS).failure();
        }
    }

    @Test
    void shouldCallTheProgramWithItsEnvironmentAndNoInput() throws Exception {
        assertThat(run(script("cat; echo $NETRAID_HOOK $NETRAID_TAG > " + folder + "/seen"), 10_000)).isEmpty();
        assertThat(folder.resolve("seen")).hasContent("out-of-sync data");
    }

    @Test
    void shouldSayWithWhichStatusAndWordsItFailed() throws Exception {
        assertThat(run(script("echo starting; echo no room >&2; exit 3"), 10_000)).endsWith("hook) ended with status 3: no room");
    }

    @Test
    void shouldKillWhatDoesNotEndInTimeWithItsChildren() throws Exception {
        assertThat(run(script("sleep 300 & wait"), 300)).endsWith("has not ended within 300 ms and was killed");
    }

    @Test
    void shouldHandOverStatusAndOutputOfCorosyncsTool() throws Exception {
        HookSettings settings = new HookSettings(Map.of(HookRunner.COROSYNC_QUORUMTOOL, script("echo Quorate: No $*; exit 2")),
                60_000_000_000L);
        try (HookProcesses hooks = new HookProcesses(settings, runtime.loop(0))) {
            CompletableFuture<HookRunner.Result> result = new CompletableFuture<>();
            runtime.loop(0).execute(() -> hooks.run(HookRunner.COROSYNC_QUORUMTOOL, Map.of(), result::complete));
            assertThat(result.get(90, TimeUnit.SECONDS).status()).isEqualTo(2);
            assertThat(result.get().output()).containsExactly("Quorate: No -s");
        }
    }

    @Test
    void shouldSayThatAProgramCannotBeStarted() throws Exception {
        assertThat(run(folder + "/nothing", 1000)).startsWith("hook out-of-sync cannot be started: ").contains("No such file");
    }
}
