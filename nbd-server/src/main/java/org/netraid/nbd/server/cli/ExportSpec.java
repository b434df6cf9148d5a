/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server.cli;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.netraid.nbd.wire.NbdFormatException;
import org.netraid.nbd.wire.NbdStrings;

/** What the command line says of one export. */
record ExportSpec(String name, Path file, String description, boolean readOnly, boolean tlsOnly) {

    ExportSpec {
        try {
            NbdStrings.encode(name, "export name");
            NbdStrings.encode(description, "export description");
        } catch (NbdFormatException e) {
            throw new UsageException(e.getMessage());
        }
    }

    /** {@code FILE} or {@code NAME=FILE}; a path with {@code =} in it is a path if it has a slash before or exists. */
    static ExportSpec parse(String argument, String description, boolean readOnly) {
        int equals = argument.indexOf('=');
        int slash = argument.indexOf('/');
        boolean named = equals >= 0 && (slash < 0 || slash > equals) && !Files.exists(path(argument));
        String name = named ? argument.substring(0, equals) : "";
        return new ExportSpec(name, path(named ? argument.substring(equals + 1) : argument), description, readOnly, false);
    }

    ExportSpec withName(String newName) {
        return new ExportSpec(newName, file, description, readOnly, tlsOnly);
    }

    ExportSpec withTlsOnly() {
        return new ExportSpec(name, file, description, readOnly, true);
    }

    private static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new UsageException("'" + text + "' is not a path");
        }
    }
}
