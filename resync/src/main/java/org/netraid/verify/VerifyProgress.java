/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.verify;

import java.util.List;

/**
 * One verify at one moment, or its result.
 *
 * @param slot the target
 * @param phase running, or how it ended
 * @param repair differences are repaired as they are found
 * @param totalBytes size of what is compared
 * @param doneBytes of these, compared or skipped
 * @param chunksCompared chunks compared
 * @param chunksDiffering chunks found to differ
 * @param chunksRepaired of these, repaired
 * @param chunksSkipped chunks not compared, because they could not be read here
 * @param rechecks pieces looked at again under the range lock
 * @param targetBytesRead fetched from the target; what was compared beyond that was compared by checksums
 * @param elapsedNs since its start
 * @param bytesPerSecond rate since its start
 * @param etaNs expected time until the end; -1 while unknown
 * @param reason why it was stopped, or what kept it from comparing everything; "" if nothing
 * @param differences the first of them, at most {@link VerifyManager#MAX_LISTED}, in the order found
 */
public record VerifyProgress(int slot, VerifyPhase phase, boolean repair, long totalBytes, long doneBytes, long chunksCompared,
        long chunksDiffering, long chunksRepaired, long chunksSkipped, long rechecks, long targetBytesRead,
        long elapsedNs, long bytesPerSecond, long etaNs,
        String reason, List<VerifyDifference> differences) {

    public VerifyProgress {
        differences = List.copyOf(differences);
    }
}
