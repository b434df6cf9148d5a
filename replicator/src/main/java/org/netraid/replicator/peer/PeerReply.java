/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.peer;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * The end of a request.
 *
 * @param body the answer; null on error
 * @param error what failed, one line; "" on success
 * @param reached false if the peer may never have heard of the request, or did it and could not tell: its outcome is unknown
 */
public record PeerReply(JsonNode body, String error, boolean reached) {

    public boolean isOk() {
        return error.isEmpty();
    }
}
