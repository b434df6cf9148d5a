/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import java.util.Arrays;

import org.netraid.mirror.QueueLimit;
import org.netraid.mirror.ReplicationProtocol;
import org.netraid.nbd.wire.Compression;
import org.netraid.sim.SimRandom;

/**
 * Which protocol each target has, now: drawn from the seed, changed while the mirror runs, kept over crashes of the source as its
 * configuration is. Two of five runs have protocol C only.
 */
final class ProtocolMix {

    private final ReplicationProtocol[] now;
    private final QueueLimit limit;
    private final boolean changes;
    private final boolean extensions;
    private final boolean forReplays;
    private final Compression compression;
    private int version;

    /** @param forReplays the run looks for what goes wrong with replays: protocol A all the time */
    ProtocolMix(SimRandom random, int targets, boolean forReplays) {
        this.forReplays = forReplays;
        now = new ReplicationProtocol[targets];
        Arrays.fill(now, ReplicationProtocol.C);
        boolean mixed = random.chance(600);
        changes = mixed && !forReplays;
        for (int slot = 0; mixed && slot < targets; slot++) {
            now[slot] = draw(random);
        }
        if (forReplays) {
            Arrays.fill(now, ReplicationProtocol.A);
        }
        extensions = random.nextBoolean();
        compression = random.chance(600) ? Compression.OFF : random.chance(850) ? Compression.FAST
                : Compression.HIGH; // seldom: it takes a third of a run's time and travels as FAST does
        QueueLimit.WhenFull[] policies = QueueLimit.WhenFull.values();
        limit = new QueueLimit(random.between(4, 256) << 10, random.nextBoolean() ? 0 : random.between(2, 60) * 1_000_000L,
                policies[random.nextInt(policies.length)]);
    }

    static ReplicationProtocol draw(SimRandom random) {
        return random.chance(600) ? ReplicationProtocol.A : random.nextBoolean() ? ReplicationProtocol.B : ReplicationProtocol.C;
    }

    boolean isForReplays() {
        return forReplays;
    }

    /** True if targets may change their protocol. */
    boolean changes() {
        return changes;
    }

    /** True if the source asks for our additions to the protocol. */
    boolean extensions() {
        return extensions;
    }

    /** Of what goes to targets that understand it. */
    Compression compression() {
        return compression;
    }

    ReplicationProtocol of(int slot) {
        return now[slot];
    }

    void set(int slot, ReplicationProtocol protocol) {
        now[slot] = protocol;
        version++;
    }

    /** Grows with every change. */
    int version() {
        return version;
    }

    QueueLimit limit() {
        return limit;
    }

    /** Slots whose target has a write when it is acknowledged. */
    int presentMask() {
        return mask(ReplicationProtocol.C) | (extensions ? 0 : mask(ReplicationProtocol.B));
    }

    private int mask(ReplicationProtocol protocol) {
        int mask = 0;
        for (int slot = 0; slot < now.length; slot++) {
            mask |= now[slot] == protocol ? 1 << slot : 0;
        }
        return mask;
    }

    /** Slots whose target has a flush on stable storage when it is acknowledged. */
    int durableMask() {
        return mask(ReplicationProtocol.C);
    }

    @Override
    public String toString() {
        return "protocols " + Arrays.toString(now) + (extensions ? " with extensions, compression " + compression + ", " : ", ") + limit;
    }
}
