/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

/**
 * Who besides this node has a say in whether a mirror may go in service, and go on without a target.
 *
 * @param kind who is asked
 * @param loss what a node in service does that has lost its quorum
 * @param tieBreaker a node without a disk of the mirror that votes; "" for none. Only with {@link Kind#MAJORITY}
 * @param pollNs how often an engine outside is asked while the mirror is in service
 * @param fencing what is done about a target before the mirror goes on without it
 */
public record QuorumSettings(Kind kind, Loss loss, String tieBreaker, long pollNs, Fencing fencing) {

    /** No quorum, no fencing. */
    public static final QuorumSettings NONE = new QuorumSettings(Kind.NONE, Loss.SUSPEND_IO, "", 1_000_000_000L, Fencing.DONT_CARE);

    /** Who is asked. */
    public enum Kind {
        /** Nobody. */
        NONE("none"),
        /** The mirror's nodes: more than half of their votes. */
        MAJORITY("majority"),
        /** The program of the hook {@code quorum}. */
        COMMAND("command"),
        /** Corosync's votequorum. */
        COROSYNC("corosync"),
        /** The program in which the node runs. */
        EMBEDDED("embedded");

        private final String word;

        Kind(String word) {
            this.word = word;
        }

        /** As the configuration has it. */
        public String word() {
            return word;
        }
    }

    /** What a node in service does that has lost its quorum. */
    public enum Loss {
        /** Writes wait until it is back. */
        SUSPEND_IO("suspend-io"),
        /** Writes fail until it is back. */
        IO_ERROR("io-error"),
        /** The mirror leaves service. */
        STOP("stop");

        private final String word;

        Loss(String word) {
            this.word = word;
        }

        /** As the configuration has it. */
        public String word() {
            return word;
        }
    }

    /** DRBD's policies of the same names. */
    public enum Fencing {
        /** Nothing. */
        DONT_CARE("dont-care"),
        /** {@code fence-peer} is called; the mirror goes on whatever comes of it, unless the peer is in service. */
        RESOURCE_ONLY("resource-only"),
        /** {@code fence-peer} is called; writes wait until it says that the peer cannot take over. */
        RESOURCE_AND_STONITH("resource-and-stonith");

        private final String word;

        Fencing(String word) {
            this.word = word;
        }

        /** As the configuration has it. */
        public String word() {
            return word;
        }
    }

    public QuorumSettings {
        if (!tieBreaker.isEmpty()) {
            Checks.name("tie_breaker", tieBreaker);
            if (kind != Kind.MAJORITY) {
                throw new IllegalArgumentException("tie_breaker votes only with quorum = \"majority\"");
            }
        }
        Checks.range("quorum pollNs", pollNs, 10_000_000L, 600_000_000_000L);
    }

    /** A majority of the nodes; writes wait while there is none. */
    public static QuorumSettings majority(String tieBreaker) {
        return new QuorumSettings(Kind.MAJORITY, Loss.SUSPEND_IO, tieBreaker, NONE.pollNs, Fencing.DONT_CARE);
    }

    public QuorumSettings withLoss(Loss value) {
        return new QuorumSettings(kind, value, tieBreaker, pollNs, fencing);
    }

    public QuorumSettings withFencing(Fencing value) {
        return new QuorumSettings(kind, loss, tieBreaker, pollNs, value);
    }

    public QuorumSettings withKind(Kind value) {
        return new QuorumSettings(value, loss, tieBreaker, pollNs, fencing);
    }

    public QuorumSettings withPoll(long value) {
        return new QuorumSettings(kind, loss, tieBreaker, value, fencing);
    }

    /** True if nodes vote. */
    public boolean votes() {
        return kind == Kind.MAJORITY;
    }
}
