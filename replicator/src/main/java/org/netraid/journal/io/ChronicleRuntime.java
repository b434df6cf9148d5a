/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.journal.io;

/** What Chronicle Queue must be told before its first class is loaded: nothing but the queue, no threads and no banner. */
final class ChronicleRuntime {

    private static final String[] OFF = {"chronicle.analytics.disable", "chronicle.announcer.disable", "chronicle.disk.monitor.disable",
        "chronicle.queue.disableFileShrinking"};

    private ChronicleRuntime() {
    }

    /** Keeps what an operator has set. */
    static void prepare() {
        for (String property : OFF) {
            if (System.getProperty(property) == null) {
                System.setProperty(property, "true");
            }
        }
    }

    /** @return "" or what the virtual machine must be started with */
    static String missingFlags() {
        Module base = Object.class.getModule();
        Module ours = ChronicleRuntime.class.getModule();
        boolean open = base.isOpen("java.lang.reflect", ours) && base.isOpen("sun.nio.ch", ours);
        return open ? "" : "the Java virtual machine must be started with --add-opens java.base/java.lang.reflect=ALL-UNNAMED "
                + "--add-opens java.base/sun.nio.ch=ALL-UNNAMED";
    }
}
