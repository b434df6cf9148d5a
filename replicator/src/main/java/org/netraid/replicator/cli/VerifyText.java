/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.cli;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.netraid.replicator.control.VerifyStatus;
import org.netraid.replicator.io.Units;

/** A verify for people. */
final class VerifyText {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);

    private VerifyText() {
    }

    static String time(long millis) {
        return TIME.format(Instant.ofEpochMilli(millis).atZone(ZoneId.systemDefault()));
    }

    /** Lines without indentation; the first names the target. @param maxDifferences so many are listed */
    static List<String> report(VerifyStatus verify, int maxDifferences) {
        List<String> lines = new ArrayList<>();
        if (verify.state().equals(VerifyStatus.NEVER)) {
            return lines;
        }
        String head = "Verify of " + verify.node() + ": ";
        if (verify.running()) {
            lines.add(head + String.format(Locale.ROOT, "%.1f%%, ", Math.floor(verify.percentDone() * 10) / 10)
                    + Units.ofBytes(verify.doneBytes()) + " of " + Units.ofBytes(verify.totalBytes()) + ", "
                    + Units.ofBytes(verify.rateBytesPerSecond()) + "/s " + verify.method()
                    + (verify.etaSeconds() < 0 ? "" : ", " + verify.etaSeconds() + " s left") + differ(verify));
        } else {
            lines.add(head + (verify.state().equals(VerifyStatus.DONE) ? "ended " : "stopped ") + time(verify.endedMillis()) + ", "
                    + verify.chunksCompared() + " chunks compared " + verify.method() + differ(verify)
                    + (verify.chunksSkipped() == 0 ? "" : ", " + verify.chunksSkipped() + " not compared")
                    + (verify.reason().isEmpty() ? "" : " (" + verify.reason() + ")"));
        }
        verify.differences().stream().limit(maxDifferences).forEach(found -> lines.add("  at byte " + found.offsetBytes() + ": "
                + found.differingBytes() + " of " + found.lengthBytes() + " bytes differ" + (found.repaired() ? "ed, repaired" : "")));
        long listed = Math.min(maxDifferences, verify.differences().size());
        if (verify.chunksDiffering() > listed) {
            lines.add("  and " + (verify.chunksDiffering() - listed) + " more");
        }
        return lines;
    }

    private static String differ(VerifyStatus verify) {
        return verify.chunksDiffering() == 0 ? ", none differs" : ", " + verify.chunksDiffering() + " differ"
                + (verify.chunksRepaired() == 0 ? "" : ", " + verify.chunksRepaired() + " repaired");
    }
}
