/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A device of the kernel's driver, as named on the command line. */
record KernelDevice(String path, int index) {

    private static final Pattern NAME = Pattern.compile("(?:/dev/)?nbd(\\d{1,5})");

    /** {@code /dev/nbd3} or {@code nbd3}. */
    static KernelDevice parse(String text) {
        Matcher name = NAME.matcher(text);
        if (!name.matches()) {
            throw new CliFailure("'" + text + "' is no device of the kernel's nbd driver; write /dev/nbd0");
        }
        return new KernelDevice("/dev/nbd" + Integer.parseInt(name.group(1)), Integer.parseInt(name.group(1)));
    }
}
