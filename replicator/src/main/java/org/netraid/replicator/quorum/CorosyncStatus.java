/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.quorum;

import java.util.List;

/**
 * Reads what {@code corosync-quorumtool -s} prints. Its line "Quorate:" counts, because the exit status cannot tell why: 0 quorate, 2
 * not, 1 no answer in Corosync 3.1, other ones in older versions.
 */
public final class CorosyncStatus {

    private static final String QUORATE = "Quorate:";

    private CorosyncStatus() {
    }

    /**
     * Why Corosync has no quorum; "" if it has.
     *
     * @param output lines of the tool
     * @param failure why it could not be called or ended badly; "" if it did not
     */
    public static String refusal(List<String> output, String failure) {
        for (String line : output) {
            String text = line.strip();
            if (text.startsWith(QUORATE)) {
                return text.substring(QUORATE.length()).strip().equals("Yes") ? ""
                        : "corosync is not quorate (" + value(output, "Total votes:") + " of " + value(output, "Expected votes:")
                                + " votes)";
            }
        }
        return "corosync does not say whether it is quorate" + (failure.isEmpty() ? "" : ": " + failure);
    }

    private static String value(List<String> output, String key) {
        return output.stream().map(String::strip).filter(line -> line.startsWith(key)).findFirst()
                .map(line -> line.substring(key.length()).strip()).orElse("?");
    }
}
