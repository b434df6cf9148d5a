/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.quorum;

import java.util.List;

/** Reads what {@code corosync-quorumtool -s} prints. Its exit status differs between versions; the line "Quorate:" does not. */
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
