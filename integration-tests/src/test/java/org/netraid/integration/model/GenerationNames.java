/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.model;

import java.util.ArrayList;
import java.util.List;
import org.netraid.replicator.state.Generations;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.PeerRecord;

/**
 * Gives generations the numbers 1, 2, 3... in the order in which they are met, so that worlds that differ only in names are one.
 * An ancestor that a single record mentions, and only as ancestor, is dropped:
 * rules compare generations for equality only, and new ones are new.
 */
final class GenerationNames {

    private static final int MAX = 64;

    private final World world;
    private final int[] mentions = new int[MAX];
    private final int[] names = new int[MAX];
    private int count;

    GenerationNames(World world) {
        this.world = world;
    }

    void apply() {
        for (Member member : world.members) {
            count(member.record);
            count(member.before);
        }
        boolean same = true;
        for (Member member : world.members) {
            same &= name(member.record);
            same &= name(member.before);
        }
        if (!same) {
            for (Member member : world.members) {
                member.record = renamed(member.record);
                member.before = member.before.created() ? renamed(member.before) : member.before;
            }
        }
    }

    private void count(MirrorRecord record) {
        mentions[(int) record.generations().current()] += 2;
        List<Long> history = record.generations().history();
        for (int i = 0; i < history.size(); i++) {
            mentions[history.get(i).intValue()]++;
        }
        List<PeerRecord> peers = record.peers();
        for (int i = 0; i < peers.size(); i++) {
            mentions[(int) peers.get(i).bitmapGeneration()] += 2;
        }
    }

    /** @return false if something in the record will have another name, or another place */
    private boolean name(MirrorRecord record) {
        boolean same = name(record.generations().current());
        List<PeerRecord> peers = record.peers();
        for (int i = 0; i < peers.size(); i++) {
            same &= name(peers.get(i).bitmapGeneration());
            same &= i == 0 || peers.get(i - 1).node().compareTo(peers.get(i).node()) < 0;
        }
        List<Long> history = record.generations().history();
        for (int i = 0; i < history.size(); i++) {
            same &= mentions[history.get(i).intValue()] > 1 && name(history.get(i));
        }
        return same;
    }

    private boolean name(long generation) {
        if (generation != 0 && names[(int) generation] == 0) {
            names[(int) generation] = ++count;
        }
        return names[(int) generation] == generation;
    }

    private MirrorRecord renamed(MirrorRecord record) {
        List<Long> history = new ArrayList<>();
        for (long ancestor : record.generations().history()) {
            if (mentions[(int) ancestor] > 1) {
                history.add((long) names[(int) ancestor]);
            }
        }
        List<PeerRecord> peers = new ArrayList<>();
        for (PeerRecord peer : record.peers()) {
            peers.add(peer.withBitmapGeneration(names[(int) peer.bitmapGeneration()]));
        }
        return World.sorted(record, new Generations(names[(int) record.generations().current()], history), peers);
    }
}
