/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.netraid.replicator.state.MirrorRecord;

/** Numbers for the parts that many worlds have in common: mirror records and what the oracle knows. */
final class Pool {

    private record Key(int[] ints) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Key key && Arrays.equals(ints, key.ints);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(ints);
        }
    }

    private final Map<MirrorRecord, Integer> recordIds = new HashMap<>();
    private final List<MirrorRecord> records = new ArrayList<>();
    private final Map<Key, Integer> oracleIds = new HashMap<>();
    private final List<int[]> oracles = new ArrayList<>();
    private final java.util.IdentityHashMap<MirrorRecord, Integer> known = new java.util.IdentityHashMap<>();

    int id(MirrorRecord record) {
        Integer same = known.get(record);
        if (same != null) {
            return same;
        }
        Integer id = recordIds.get(record);
        if (id == null) {
            id = records.size();
            records.add(record);
            recordIds.put(record, id);
            known.put(record, id);
        }
        return id;
    }

    MirrorRecord record(int id) {
        return records.get(id);
    }

    int id(int[] oracle) {
        Key key = new Key(oracle);
        Integer id = oracleIds.get(key);
        if (id == null) {
            id = oracles.size();
            oracles.add(oracle);
            oracleIds.put(key, id);
        }
        return id;
    }

    int[] oracle(int id) {
        return oracles.get(id);
    }

    int recordCount() {
        return records.size();
    }
}
