/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.netraid.replicator.cli.TypedCommand;
import org.netraid.mirror.LocalErrorPolicy;
import org.netraid.replicator.config.QuorumSettings;
import org.netraid.replicator.config.ResyncSettings;
import org.netraid.replicator.config.SplitBrainSettings;
import org.netraid.replicator.config.UndoSettings;
import org.netraid.replicator.config.UpkeepSettings;
import org.netraid.replicator.config.VerifySettings;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.MirrorStatus;
import org.netraid.replicator.scenario.Scenario;
import org.netraid.replicator.scenario.ScenarioCluster;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimDiskOptions;

/** Runs scenarios on simulated nodes. */
final class SimScenarioCluster implements ScenarioCluster {

    private static final int PATIENCE_MS = 60_000;
    private static final int CALM_MS = 3_000;
    private static final int STEP_MS = 20;

    private final SimCluster cluster;

    SimScenarioCluster(Scenario scenario) {
        long waitNs = scenario.waitSeconds() < 0 ? -1 : scenario.waitSeconds() * 1000 * SimCluster.MS;
        cluster = new SimCluster(1, waitNs, scenario.nodes().toArray(String[]::new));
        for (SplitBrainSettings.Policy policy : SplitBrainSettings.Policy.values()) {
            if (policy.word().equals(scenario.afterSplitBrain())) {
                cluster.upkeep = new UpkeepSettings(VerifySettings.DEFAULT, UndoSettings.DEFAULT, LocalErrorPolicy.DETACH,
                        new SplitBrainSettings(policy, SplitBrainSettings.DEFAULT.maxSavedBytes()), "");
            }
        }
        cluster.quorum = scenario.quorum().equals("majority") ? QuorumSettings.majority("") : QuorumSettings.NONE;
        cluster.regionsNs = scenario.targetsRemember() ? cluster.regionsNs : 0;
        if (scenario.resyncMaxKib() > 0) {
            long maxBytes = (long) scenario.resyncMaxKib() << 10;
            cluster.resync = new ResyncSettings(maxBytes, maxBytes, 1);
        }
    }

    @Override
    public void boot(String... nodes) {
        List.of(nodes).forEach(cluster::boot);
        cluster.run(500);
    }

    @Override
    public void kill(String node) {
        cluster.kill(node);
    }

    @Override
    public void shutdown(String node) {
        cluster.shutdown(node);
    }

    @Override
    public void cut(String one, String other) {
        cluster.cut(one, other);
    }

    @Override
    public void cutOneWay(String from, String to) {
        cluster.network.cut(from, to);
    }

    @Override
    public void heal() {
        cluster.network.healAll();
    }

    @Override
    public boolean write(String node, int chunk, int value) {
        int[] outcome = cluster.startWrite(node, chunk, value);
        cluster.await("end of a write on " + node, () -> outcome[0] != 0);
        return outcome[0] == 1;
    }

    @Override
    public void startWrite(String node, int chunk, int value) {
        cluster.startWrite(node, chunk, value);
    }

    @Override
    public int read(String node, int chunk) {
        return cluster.chunk(node, chunk);
    }

    @Override
    public boolean equal(String one, String other) {
        return cluster.box(one).disk.equalContent(cluster.box(other).disk, 0, SimCluster.SIZE);
    }

    @Override
    public CommandResult act(String node, String... words) {
        return cluster.command(node, TypedCommand.parse(SimCluster.TAG, words));
    }

    @Override
    public Optional<MirrorStatus> status(String node) {
        SimCluster.Box box = cluster.box(node);
        return box.loop == null || !box.loop.isAlive() ? Optional.empty() : Optional.of(box.status());
    }

    @Override
    public void destroyIntentLog(String node) {
        for (long offset = 0; offset < cluster.box(node).logDisk.geometry().sizeBytes(); offset += 512) {
            cluster.box(node).logDisk.rot(offset, 0);
        }
    }

    @Override
    public void replaceDisk(String node) {
        cluster.box(node).disk = new SimDisk(cluster.scheduler, node + ".new", SimDiskOptions.ofSize(SimCluster.SIZE));
    }

    @Override
    public String settle(Supplier<String> actual, String expected) {
        String last = actual.get();
        int calmMs = 0;
        for (int ms = 0; ms < PATIENCE_MS; ms += STEP_MS) {
            if (!expected.isEmpty() && last.equals(expected) || expected.isEmpty() && calmMs >= CALM_MS) {
                return last;
            }
            cluster.run(STEP_MS);
            String now = actual.get();
            calmMs = now.equals(last) ? calmMs + STEP_MS : 0;
            last = now;
        }
        return last;
    }

    @Override
    public void close() {
    }
}
