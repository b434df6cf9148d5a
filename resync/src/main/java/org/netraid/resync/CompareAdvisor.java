/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

/**
 * Decides for one target which runs of chunks are worth comparing before they are sent. Hashing costs both disks a read, so it pays only
 * where some of the chunks are equal.
 *
 * <pre>
 *  TRY    compare a few runs and wait for their answers
 *  USE    enough was equal: compare all, as long as that stays so
 *  REST   hardly anything was equal: send, and look again now and then
 * </pre>
 */
final class CompareAdvisor {

    /** Runs on whose answers a decision rests. */
    static final int TRIAL_RUNS = 8;
    /** The same for a later look. */
    static final int LOOK_RUNS = 2;
    /** Runs sent between two looks. */
    static final int REST_RUNS = 256;
    private static final double WORTH_IT = 0.1;

    private final boolean always;
    private int asked;
    private int answered;
    private long chunks;
    private long equalChunks;
    private int restLeft;
    private int trialRuns = TRIAL_RUNS;
    private boolean using;
    private boolean decided;

    /** @param always the target was filled with a copy beforehand: compare to the end */
    CompareAdvisor(boolean always) {
        this.always = always;
    }

    /** @return true if the next run should be compared */
    boolean shouldCompare() {
        if (always || using) {
            asked++;
            return true;
        }
        if (restLeft > 0) {
            restLeft--;
            return false;
        }
        if (asked < trialRuns) {
            asked++;
            return true;
        }
        return false;
    }

    /** What comes next is hashed only to find out whether that pays: a short run says as much as a long one. */
    boolean isTrial() {
        return !always && !using && restLeft == 0;
    }

    /** Runs are compared for the time being: most of what is on its way then is questions, not data. */
    boolean isComparing() {
        return always || using || restLeft == 0;
    }

    /** The first trial is under way: nothing should be sent that may turn out to be there already. */
    boolean isUndecided() {
        return !always && !decided && asked >= trialRuns;
    }

    /** A run that was compared has its answer. */
    void onCompared(int runChunks, int runEqualChunks) {
        answered++;
        chunks += runChunks;
        equalChunks += runEqualChunks;
        if (answered >= trialRuns) {
            decided = true;
            using = equalChunks >= chunks * WORTH_IT;
            restLeft = using ? 0 : REST_RUNS;
            trialRuns = using ? TRIAL_RUNS : LOOK_RUNS;
            startOver();
        }
    }

    /** A run that was to be compared came to nothing. */
    void onAbandoned() {
        answered++;
        if (answered >= asked) {
            decided = true;
            startOver();
        }
    }

    private void startOver() {
        asked = 0;
        answered = 0;
        chunks = 0;
        equalChunks = 0;
    }
}
