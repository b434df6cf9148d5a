/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.netraid.mirror.LegState;
import org.netraid.replicator.config.VerifySettings;
import org.netraid.replicator.control.VerifyStatus;
import org.netraid.store.StateFolderException;
import org.netraid.time.EventLoop;
import org.netraid.verify.VerifyConfig;
import org.netraid.verify.VerifyDifference;
import org.netraid.verify.VerifyListener;
import org.netraid.verify.VerifyManager;
import org.netraid.verify.VerifyPhase;
import org.netraid.verify.VerifyProgress;

/**
 * The verifies of a mirror in service: those an operator asks for, and those that {@code verify_every} makes due, one target at a time.
 * Keeps the report of the last one for each target.
 */
final class TargetVerifies {

    private static final long NS_PER_MS = 1_000_000L;
    private static final long LONGEST_LOOK_NS = 60_000_000_000L;
    /** Differences that get an event each; the report has more of them. */
    private static final int EVENTS_PER_RUN = 10;

    private final SourceSide source;
    private final VolumeAgent agent;
    private final VerifySettings settings;
    private final VerifyManager manager;
    private final VerifyReports reports;
    private final List<Run> runs = new ArrayList<>();
    private EventLoop.Timer timer;

    TargetVerifies(SourceSide source, VolumeAgent agent) {
        this.source = source;
        this.agent = agent;
        this.settings = source.config().upkeep().verify();
        this.manager = new VerifyManager(source.mirror(), source.log(), VerifyConfig.DEFAULT.withMaxBytesPerSecond(
                settings.maxBytesPerSecond()), agent.context().loop());
        this.reports = new VerifyReports(agent.context().env.folder(), agent.tag());
        if (!reports.problem().isEmpty()) {
            agent.event(reports.problem());
        }
        if (settings.everyNs() > 0) {
            look();
        }
    }

    // ---- by command

    /** @return what was done; refusals begin with '!' */
    String start(TargetConnection target, boolean repair) {
        return begin(target, repair, false).map(refusal -> "!" + target.node() + " cannot be verified: " + refusal)
                .orElse(target.node() + " is being compared with " + agent.node() + (repair
                        ? "; what differs is overwritten with the data of " + agent.node() : "")
                        + "; mirror_status " + agent.tag() + " shows it");
    }

    /** @return what was done */
    String stop(TargetConnection target) {
        return manager.stop(target.slot, "an operator stopped it") ? "the verify of " + target.node() + " is stopped"
                : "no verify of " + target.node() + " runs";
    }

    private Optional<String> begin(TargetConnection target, boolean repair, boolean scheduled) {
        Run run = new Run(target, scheduled, nowMillis());
        Optional<String> refusal = manager.start(target.slot, repair, run);
        if (refusal.isEmpty()) {
            runs.removeIf(other -> other.target == target);
            runs.add(run);
            agent.event("verify of " + target.node() + " begins" + (scheduled ? ", as verify_every says" : "")
                    + (repair ? "; what differs is repaired" : ""));
        }
        return refusal;
    }

    // ---- by schedule

    private void look() {
        timer = agent.context().loop().schedule(Math.min(LONGEST_LOOK_NS, settings.everyNs() / 4), this::look);
        if (source.mirror() == null || manager.isAnyRunning()) {
            return;
        }
        for (TargetConnection target : source.targets()) {
            if (target.legState() == LegState.IN_SYNC && nextMillis(target.node()) <= nowMillis()) {
                begin(target, false, true);
                return;
            }
        }
    }

    private long nextMillis(String node) {
        if (settings.everyNs() == 0) {
            return 0;
        }
        return reports.countsFromMillis(node, nowMillis()) + settings.everyNs() / NS_PER_MS;
    }

    private long nowMillis() {
        return agent.context().env.wallClock().currentTimeMillis();
    }

    /** The mirror leaves service; running verifies end with it. */
    void close() {
        if (timer != null) {
            timer.cancel();
        }
    }

    // ---- what others see

    /** One for each target. */
    List<VerifyStatus> statuses() {
        List<VerifyStatus> all = new ArrayList<>();
        for (TargetConnection target : source.targets()) {
            VerifyStatus status = reports.last(target.node());
            for (Run run : runs) {
                if (run.target == target && !run.ended) {
                    status = manager.progress(target.slot).map(run::status).orElse(status);
                }
            }
            all.add(status.withNextMillis(nextMillis(target.node())));
        }
        return all;
    }

    /** One verify, from its start to its report. */
    private final class Run implements VerifyListener {
        private final TargetConnection target;
        private final boolean scheduled;
        private final long startedMillis;
        private int events;
        /** Its report is there. Until then it counts as running: else the report before would pass for this one. */
        private boolean ended;

        Run(TargetConnection target, boolean scheduled, long startedMillis) {
            this.target = target;
            this.scheduled = scheduled;
            this.startedMillis = startedMillis;
        }

        @Override
        public void onDifference(VerifyDifference found) {
            if (events++ < EVENTS_PER_RUN) {
                agent.event("verify: " + target.node() + " differs from " + agent.node() + " at byte " + found.offsetBytes() + " ("
                        + found.differingBytes() + " of " + found.lengthBytes() + " bytes from there on); " + (found.repaired()
                        ? "repaired with the data of " + agent.node() : "marked dirty"));
            }
        }

        @Override
        public void onEnded(VerifyProgress result) {
            ended = true;
            VerifyStatus report = status(result);
            try {
                reports.put(report);
            } catch (StateFolderException e) {
                agent.event("the report of the verify of " + target.node() + " could not be kept: " + e.getMessage());
            }
            agent.event(text(report));
            if (report.chunksDiffering() > 0) {
                callHook(report);
            }
        }

        private void callHook(VerifyStatus report) {
            Map<String, String> environment = TargetHooks.environment(agent, target.node());
            environment.put("NETRAID_DIFFERING_CHUNKS", Long.toString(report.chunksDiffering()));
            environment.put("NETRAID_REPAIRED_CHUNKS", Long.toString(report.chunksRepaired()));
            Hooks.run(agent, HookRunner.OUT_OF_SYNC, environment);
        }

        private String text(VerifyStatus report) {
            String what = "verify of " + target.node() + (report.state().equals(VerifyStatus.DONE) ? " has ended: "
                    : " was stopped (" + report.reason() + "): ") + report.chunksCompared() + " chunks compared " + report.method() + ", ";
            String skipped = report.chunksSkipped() == 0 ? "" : "; " + report.chunksSkipped() + " chunks could not be compared: "
                    + report.reason();
            if (report.chunksDiffering() == 0) {
                return what + "none differs" + skipped;
            }
            String cure = report.chunksLeftDiffering() == 0 ? "" : "; to give " + target.node() + " the data of " + agent.node()
                    + ": mirror_action " + agent.tag() + " verify " + agent.node() + " " + target.node() + " --repair; if " + target.node()
                    + " has the right data, switch over to it first";
            return what + report.chunksDiffering() + " differ, " + report.chunksRepaired() + " repaired" + skipped + cure;
        }

        VerifyStatus status(VerifyProgress progress) {
            VerifyPhase phase = ended ? progress.phase() : VerifyPhase.RUNNING;
            return new VerifyStatus(target.node(), phase.name(), progress.repair(), scheduled, startedMillis,
                    ended ? nowMillis() : 0, progress.totalBytes(), progress.doneBytes(), progress.bytesPerSecond(),
                    progress.etaNs() < 0 ? -1 : progress.etaNs() / 1_000_000_000L, progress.chunksCompared(), progress.chunksDiffering(),
                    progress.chunksRepaired(), progress.chunksSkipped(), progress.targetBytesRead(), progress.reason(),
                    progress.differences().stream()
                    .map(found -> new VerifyStatus.Difference(found.offsetBytes(), found.lengthBytes(), found.differingBytes(),
                            found.repaired())).toList(), 0);
        }
    }
}
