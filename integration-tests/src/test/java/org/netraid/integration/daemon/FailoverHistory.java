/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import java.util.ArrayList;
import java.util.List;

/** What each chunk may hold: the value acknowledged last, and those of later writes whose end nobody heard. */
final class FailoverHistory {

    private final List<List<Integer>> allowed = new ArrayList<>();
    private int last;

    FailoverHistory(int chunks) {
        for (int chunk = 0; chunk < chunks; chunk++) {
            allowed.add(new ArrayList<>(List.of(0)));
        }
    }

    /** @return a value that tells this write from others of the chunk's recent past */
    int started(int chunk) {
        last = last % 126 + 1;
        allowed.get(chunk).add(last);
        return last;
    }

    List<Integer> allowed(int chunk) {
        return allowed.get(chunk);
    }

    /** It was acknowledged, or all copies hold it: the chunk must hold it from now on, until another write of it is started. */
    void settled(int chunk, int value) {
        allowed.get(chunk).clear();
        allowed.get(chunk).add(value);
    }
}
