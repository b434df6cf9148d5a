/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client.cli;

import java.io.PrintStream;
import java.util.function.LongSupplier;

/** One line on a terminal, redrawn: share, bytes, rate, time left. On anything but a terminal it draws nothing. */
final class ProgressBar {

    private static final int WIDTH = 30;
    private static final long MIN_BETWEEN_NS = 100_000_000L;

    private final PrintStream terminal;
    private final boolean shown;
    private final long totalBytes;
    private final LongSupplier doneBytes;
    private final long startNs = System.nanoTime();
    private long lastNs;

    ProgressBar(PrintStream terminal, boolean shown, long totalBytes, LongSupplier doneBytes) {
        this.terminal = terminal;
        this.shown = shown;
        this.totalBytes = totalBytes;
        this.doneBytes = doneBytes;
    }

    /** Bar if standard error is a terminal. */
    static boolean onTerminal() {
        return System.console() != null && !"dumb".equals(System.getenv("TERM"));
    }

    void redraw() {
        long nowNs = System.nanoTime();
        if (shown && nowNs - lastNs >= MIN_BETWEEN_NS) {
            lastNs = nowNs;
            draw(nowNs);
        }
    }

    /** Last state and a line end, so that what follows begins on a line of its own. */
    void finish() {
        if (shown) {
            draw(System.nanoTime());
            terminal.println();
        }
    }

    private void draw(long nowNs) {
        long done = doneBytes.getAsLong();
        double share = totalBytes == 0 ? 1 : (double) done / totalBytes;
        double seconds = Math.max(1e-3, (nowNs - startNs) / 1e9);
        long rate = (long) (done / seconds);
        int filled = (int) (share * WIDTH);
        String left = rate == 0 || done == totalBytes ? "" : String.format(", %d s left", (totalBytes - done) / rate);
        terminal.printf("\r[%s%s] %3d %% of %s, %s/s%s\033[K", "#".repeat(filled), ".".repeat(WIDTH - filled),
                (int) (share * 100), ByteSize.text(totalBytes), ByteSize.text(rate), left);
        terminal.flush();
    }
}
