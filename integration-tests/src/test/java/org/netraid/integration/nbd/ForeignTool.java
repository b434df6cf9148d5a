/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Runs other people's commands; one that is not installed skips the test, and the report says so. */
public final class ForeignTool {

    private ForeignTool() {
    }

    /** Runs to a good end. @return standard output */
    public static String run(String... command) throws IOException, InterruptedException {
        ServerUnderTest.Result result = runToAnyEnd(command);
        assertThat(result.status()).as("%s: %s%s", command[0], result.out(), result.err()).isZero();
        return result.out();
    }

    /** Runs to an end that the test judges. */
    static ServerUnderTest.Result runToAnyEnd(String... command) throws IOException, InterruptedException {
        boolean found = false;
        for (String place : System.getenv("PATH").split(File.pathSeparator)) {
            found |= Files.isExecutable(Path.of(place, command[0]));
        }
        if (!found) {
            System.err.println("SKIPPED: " + command[0] + " is not installed (Debian: libnbd-bin, python3-libnbd, qemu-utils, fio)");
        }
        assumeTrue(found, command[0] + " is not installed");
        ProcessBuilder builder = new ProcessBuilder(command);
        // nbdsh is a Python script: it needs the distribution's Python, not one that a developer put in front
        builder.environment().merge("PATH", "/usr/bin:/bin", (path, system) -> system + File.pathSeparator + path);
        return ServerUnderTest.runToEnd(builder);
    }
}
