/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.cli;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorStatus;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.control.TargetStatus;
import org.netraid.replicator.io.ControlClient;
import org.netraid.replicator.io.ControlException;

/** Follows a status: on a terminal the lines stay in place and move, elsewhere a line is printed when something has changed. */
final class StatusWatch {

    private static final String CLEAR_LINE = "\u001b[2K";
    private static final String WRAP_OFF = "\u001b[?7l";
    private static final String WRAP_ON = "\u001b[?7h";
    private static final int PERCENT_STEP = 10;

    private final ControlClient client;
    private final String tag;
    private final PrintStream out;
    private final boolean terminal;
    private final int widthColumns;
    private final long intervalMs;
    private final Map<String, String> lastShown = new TreeMap<>();
    private int linesOnScreen;

    /**
     * @param tag null: all mirrors of the node
     * @param widthColumns of the terminal; 0 if there is none
     */
    StatusWatch(ControlClient client, String tag, PrintStream out, int widthColumns, double intervalSeconds) {
        this.client = client;
        this.tag = tag;
        this.out = out;
        this.terminal = widthColumns > 0;
        this.widthColumns = widthColumns;
        this.intervalMs = Math.max(20, (long) (intervalSeconds * 1000));
    }

    /** @param untilSyncSeconds end when in sync, fail after this long; negative: until interrupted */
    int run(double untilSyncSeconds) throws ControlException {
        long startNs = System.nanoTime();
        while (true) {
            List<MirrorStatus> mirrors = tag == null ? client.status().mirrors() : List.of(client.status(tag));
            show(mirrors);
            StatusExit exit = mirrors.stream().map(StatusExit::of).reduce(StatusExit.IN_SYNC, StatusExit::worse);
            if (untilSyncSeconds >= 0) {
                if (exit == StatusExit.IN_SYNC || exit == StatusExit.BLOCKED) {
                    return exit.status();
                }
                if (System.nanoTime() - startNs >= untilSyncSeconds * 1e9) {
                    throw new ControlException(ExitCode.TIMEOUT, "not in sync in time; it goes on");
                }
            }
            try {
                Thread.sleep(intervalMs);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return exit.status();
            }
        }
    }

    private void show(List<MirrorStatus> mirrors) {
        if (terminal) {
            redraw(mirrors);
        } else {
            printChanges(mirrors);
        }
        out.flush();
    }

    private void redraw(List<MirrorStatus> mirrors) {
        List<String> lines = new ArrayList<>();
        for (MirrorStatus mirror : mirrors) {
            lines.add(headLine(mirror));
            mirror.targets().forEach(target -> lines.add("  " + StatusText.watchLine(mirror, target, widthColumns - 2)));
        }
        // A line that wrapped would take two rows, and the next frame would begin too low.
        StringBuilder frame = new StringBuilder(WRAP_OFF);
        if (linesOnScreen > 0) {
            frame.append("\u001b[").append(linesOnScreen).append('A');
        }
        lines.forEach(line -> frame.append('\r').append(CLEAR_LINE).append(line).append('\n'));
        // A shorter frame than the last: blank what is left of it, and come back.
        int surplus = linesOnScreen - lines.size();
        if (surplus > 0) {
            frame.append((CLEAR_LINE + "\n").repeat(surplus)).append("\u001b[").append(surplus).append('A');
        }
        linesOnScreen = lines.size();
        out.print(frame.append(WRAP_ON));
    }

    private void printChanges(List<MirrorStatus> mirrors) {
        for (MirrorStatus mirror : mirrors) {
            printIfChanged(mirror.tag(), headLine(mirror), headLine(mirror));
            for (TargetStatus target : mirror.targets()) {
                boolean resyncing = target.state() == TargetState.RESYNCING;
                String key = target.state() + (resyncing ? " " + (int) target.percentDone() / PERCENT_STEP : "");
                printIfChanged(mirror.tag() + "/" + target.node(), key, "  " + StatusText.watchLine(mirror, target, 0));
            }
        }
    }

    private void printIfChanged(String subject, String state, String line) {
        if (!state.equals(lastShown.put(subject, state))) {
            out.println(line);
        }
    }

    private static String headLine(MirrorStatus mirror) {
        return mirror.tag() + " on " + mirror.node() + ": " + mirror.words()
                + (mirror.mirrorWords().isEmpty() || mirror.mirrorWords().equals(mirror.words()) ? "" : ", " + mirror.mirrorWords());
    }
}
