/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.quorum;

import org.netraid.fault.FaultPoints;
import org.netraid.replicator.state.Generations;
import org.netraid.store.StateFolder;

/** Keeps what one node has agreed to for one mirror, durably, and says what it may agree to next. */
public final class Voter {

    private final StateFolder folder;
    private final String file;
    private Vote vote = Vote.NONE;
    private boolean damaged;
    private final boolean careless;
    private final boolean forgetful;

    /**
     * Reads what is there.
     *
     * @param faults planted defects, for tests
     * @throws org.netraid.store.StateFolderException if the folder cannot be read
     */
    public Voter(StateFolder folder, String tag, FaultPoints faults) {
        this.folder = folder;
        this.file = tag + "_vote";
        this.careless = faults.isArmed("agree-to-every-generation");
        this.forgetful = faults.isArmed("forget-votes");
        folder.read(file).ifPresent(bytes -> {
            vote = VoteCodec.decode(bytes).orElse(Vote.NONE);
            damaged = VoteCodec.decode(bytes).isEmpty();
        });
    }

    /** A planted defect: it agrees to everything. */
    public boolean isCareless() {
        return careless;
    }

    public Vote vote() {
        return vote;
    }

    /**
     * Why this node does not agree that the data go on in a generation; "" if it may.
     *
     * @param self this node's name, for the text
     */
    public String refusal(String self, Generations proposed) {
        if (damaged) {
            return self + " cannot read to what it has agreed (" + path() + " is damaged); it votes again when it has heard of a source "
                    + "with a majority, or when that file is removed";
        }
        return vote.allows(proposed) ? "" : self + " has agreed that " + (vote.owner().isEmpty() ? "another node" : vote.owner())
                + " goes on in generation " + Generations.text(vote.generations().current()) + ", which is not known to "
                + Generations.text(proposed.current());
    }

    /** True if a source with these data is not the one this node has agreed to. */
    public boolean isDeposed(Generations source) {
        return !damaged && !vote.allows(source);
    }

    /**
     * Agrees, durably on return.
     *
     * @throws org.netraid.store.StateFolderException if it cannot be written; then nothing is agreed
     */
    public void agree(Generations proposed, String owner) {
        set(new Vote(proposed, owner));
    }

    /** The node that was agreed to has given up, or is not going on in that generation. */
    public void takeBack(String owner, long generation) {
        if (!damaged && vote.generations().current() == generation && vote.owner().equals(owner)) {
            set(vote.takenBack());
        }
    }

    /** A source has a majority in a generation: whatever else this node had agreed to has not found one. */
    public void follow(Generations source, String owner) {
        if (damaged || vote.generations().current() != source.current() && !vote.isLaterThan(source)) {
            set(new Vote(source, owner));
        }
    }

    private void set(Vote next) {
        if (damaged || !next.equals(vote)) {
            if (!forgetful) {
                folder.write(file, VoteCodec.encode(next));
            }
            vote = next;
            damaged = false;
        }
    }

    private String path() {
        return folder.name() + "/" + file;
    }
}
