/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.IntentWaiter;
import org.netraid.time.EventLoop;

/** Gives simulators outside of this package the intent log that a source's mirror works with. */
public final class GuardedLogs {

    private GuardedLogs() {
    }

    /**
     * @param isNeeded true if some target believes to be in sync and is not
     * @param isAnswerDue true if a write has no answer yet
     * @param change makes the change of the generation durable
     */
    public static IntentLog guard(IntentLog log, EventLoop loop, BooleanSupplier isNeeded, BooleanSupplier isAnswerDue,
            Consumer<IntentWaiter> change, FaultPoints faults) {
        return new GuardedIntentLog(log, loop, new GuardedIntentLog.Guard() {
            @Override
            public boolean isNeeded() {
                return isNeeded.getAsBoolean();
            }

            @Override
            public boolean isAnswerDue() {
                return isAnswerDue.getAsBoolean();
            }

            @Override
            public void change(IntentWaiter done) {
                change.accept(done);
            }
        }, faults);
    }
}
