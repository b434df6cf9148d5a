/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.Locale;
import java.util.Optional;
import org.netraid.replicator.io.Units;
import org.netraid.resync.ResyncPhase;
import org.netraid.resync.ResyncProgress;

/** What a resync has cost, in one sentence for the list of events. */
final class ResyncReport {

    private ResyncReport() {
    }

    /** @param progress of the resync that has just brought the target in sync; anything else gives no sentence */
    static Optional<String> of(String node, Optional<ResyncProgress> progress) {
        return progress.filter(last -> last.phase() == ResyncPhase.FINISHING && last.bytesTotal() > 0)
                .map(last -> String.format(Locale.ROOT, "resync of %s took %.1f s: %s sent, %s as zeros, %s equal already%s", node,
                        last.elapsedNs() / 1e9, Units.ofBytes(last.bytesSent()), Units.ofBytes(last.bytesAsZeros()),
                        Units.ofBytes(last.bytesEqual()), last.passes() > 1 ? ", in " + last.passes() + " passes" : ""));
    }
}
