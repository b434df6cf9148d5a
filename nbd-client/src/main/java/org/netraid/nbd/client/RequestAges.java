/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

/** The requests on the wire, in the order of their last progress, so that the one to time out first is at the head. */
final class RequestAges {

    private ClientRequest oldest;
    private ClientRequest youngest;

    ClientRequest oldest() {
        return oldest;
    }

    /** Makes it the youngest. */
    void touch(ClientRequest request, long nowNs) {
        remove(request);
        request.progressNs = nowNs;
        request.aging = true;
        request.older = youngest;
        if (youngest == null) {
            oldest = request;
        } else {
            youngest.younger = request;
        }
        youngest = request;
    }

    void remove(ClientRequest request) {
        if (!request.aging) {
            return;
        }
        if (request.older == null) {
            oldest = request.younger;
        } else {
            request.older.younger = request.younger;
        }
        if (request.younger == null) {
            youngest = request.older;
        } else {
            request.younger.older = request.older;
        }
        request.older = null;
        request.younger = null;
        request.aging = false;
    }
}
