/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.scenario;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The scenarios that ship with the tests, by name, in the order of {@code INDEX}. */
public final class Scenarios {

    private Scenarios() {
    }

    public static List<String> names() {
        return resource("INDEX").lines().filter(line -> !line.isBlank()).toList();
    }

    public static Scenario load(String name) {
        return Scenario.parse(resource(name));
    }

    private static String resource(String name) {
        try (InputStream in = Scenarios.class.getResourceAsStream("/scenarios/" + name)) {
            if (in == null) {
                throw new AssertionError("no resource /scenarios/" + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
