/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.control;

import java.util.List;

/**
 * What happens to the application's requests on the node in service.
 *
 * @param modifications {@code running}, {@code waiting} or {@code refused}; "" unless this node is the source
 * @param reasons why they wait or are refused, a sentence each, the operator's and the quorum's side by side
 * @param waiting requests that wait for their turn
 * @param resumesInSeconds until an operator's suspension ends by itself; -1 without one
 * @param onIoError what an error of the local disk leads to: {@code detach}, {@code pass_on} or {@code stop}
 * @param localDisk {@code attached}, {@code detached} (failed: targets serve) or {@code filling}
 * @param localLost why it was given up; "" while it is attached
 * @param filledBytes of the mirror's size, what a disk that is filling has; -1 if none is
 */
public record IoStatus(String modifications, List<String> reasons, int waiting, long resumesInSeconds, String onIoError,
        String localDisk, String localLost, long filledBytes) {

    /** Of a mirror that is not in service here. */
    public static final IoStatus NONE = new IoStatus("", List.of(), 0, -1, "", "", "", -1);

    public IoStatus {
        reasons = reasons == null ? List.of() : List.copyOf(reasons);
    }
}
