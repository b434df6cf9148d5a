/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import java.io.IOException;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;

/** Does something random to a target, and waits until the mirror has recovered. */
final class MirrorSoakTroubles {

    private static final long RECOVERY_SECONDS = 300;

    private final MirrorSoakCluster cluster;
    private final SplittableRandom random;
    private final Map<String, Integer> counts = new TreeMap<>();

    MirrorSoakTroubles(MirrorSoakCluster cluster, long seed) {
        this.cluster = cluster;
        this.random = new SplittableRandom(seed);
    }

    /** One trouble. @param goOn false ends a wait early */
    void next(BooleanSupplier goOn) throws IOException {
        String target = MirrorSoakCluster.TARGETS.get(random.nextInt(MirrorSoakCluster.TARGETS.size()));
        boolean foreign = target.equals(MirrorSoakCluster.FOREIGN);
        int dice = random.nextInt(10);
        if (dice < 4) {
            changeProtocol(target);
        } else if (dice < 6) {
            pause(target, goOn);
        } else if (dice < 8) {
            standStill(target, foreign, goOn);
        } else if (foreign) {
            cutOrKill();
        } else {
            count("target killed (SIGKILL) and started");
            cluster.restartKilled();
        }
    }

    private void changeProtocol(String target) {
        count("protocol changed");
        MirrorSoakCluster.must(cluster.act(MirrorActionType.PROTOCOL, target, String.valueOf("ABC".charAt(random.nextInt(3)))));
    }

    private void pause(String target, BooleanSupplier goOn) {
        ExitCode code = cluster.act(MirrorActionType.PAUSE, target).code();
        count(code == ExitCode.DONE ? "target paused and resumed" : "pause: " + code);
        rest(500 + random.nextInt(1500), goOn);
        MirrorSoakCluster.must(cluster.act(MirrorActionType.RESUME, target));
    }

    /** Sometimes shorter and sometimes longer than the target is waited for. */
    private void standStill(String target, boolean foreign, BooleanSupplier goOn) throws IOException {
        int milliseconds = 300 + random.nextInt(3200);
        if (foreign) {
            count("line stood still");
            cluster.line().stand(true);
            rest(milliseconds, goOn);
            cluster.line().stand(false);
        } else {
            count("target stood still (SIGSTOP)");
            cluster.signal(target, "STOP");
            rest(milliseconds, goOn);
            cluster.signal(target, "CONT");
        }
    }

    private void cutOrKill() throws IOException {
        if (random.nextBoolean()) {
            count("line cut");
            cluster.line().cut();
        } else {
            count("foreign target killed and started");
            cluster.restartForeign();
        }
    }

    /** Waits until every target is in sync. @return false if that does not happen in time */
    boolean recovered(BooleanSupplier goOn) {
        try {
            Awaitility.await().atMost(RECOVERY_SECONDS, TimeUnit.SECONDS).pollInterval(50, TimeUnit.MILLISECONDS)
                    .until(() -> isWell() || !goOn.getAsBoolean());
            return true;
        } catch (ConditionTimeoutException late) {
            return false;
        }
    }

    private boolean isWell() throws IOException {
        if (cluster.foreignHasDied()) {
            count("foreign target died by itself and was started");
            cluster.restartForeign();
        }
        return cluster.inSync();
    }

    /** Lets things be for so long. */
    static void rest(long milliseconds, BooleanSupplier goOn) {
        long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(milliseconds);
        Awaitility.await().forever().pollInterval(20, TimeUnit.MILLISECONDS)
                .until(() -> !goOn.getAsBoolean() || System.nanoTime() >= endNs);
    }

    private void count(String what) {
        counts.merge(what, 1, Integer::sum);
    }

    int total() {
        return counts.values().stream().mapToInt(Integer::intValue).sum();
    }

    @Override
    public String toString() {
        return counts.toString();
    }
}
