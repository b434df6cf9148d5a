/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.io;

/** The configuration cannot be used. The message is one line: file, line and column, what is wrong, what is allowed. */
public final class ConfigException extends Exception {

    private static final long serialVersionUID = 1L;

    public ConfigException(String message) {
        super(message);
    }

    static ConfigException at(String file, int line, int column, String problem) {
        return new ConfigException(file + ":" + line + ":" + column + ": " + problem);
    }
}
