/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.netraid.intentlog.SlotState;
import org.netraid.journal.JournalStatus;
import org.netraid.journal.ReplayProgress;
import org.netraid.mirror.LegSnapshot;
import org.netraid.mirror.LegState;
import org.netraid.mirror.LocalState;
import org.netraid.mirror.MirrorSnapshot;
import org.netraid.mirror.ReplicationProtocol;
import org.netraid.replicator.control.IoStatus;
import org.netraid.replicator.control.JournalReport;
import org.netraid.replicator.control.MirrorStatus;
import org.netraid.replicator.control.ReplicationStatus;
import org.netraid.replicator.control.ResyncStatus;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.control.TargetStatus;
import org.netraid.replicator.decide.Decision;
import org.netraid.replicator.decide.NodeFacts;
import org.netraid.replicator.decide.TargetPlan;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.Generations;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.Role;
import org.netraid.resync.ResyncManager;
import org.netraid.resync.ResyncPhase;
import org.netraid.resync.ResyncProgress;
import org.netraid.resync.ResyncTotals;

/** What {@code mirror_status} shows, from what the agent knows. */
final class AgentStatus {

    private static final long SECOND_NS = 1_000_000_000L;
    private static final double MOST_PERCENT_BEFORE_THE_END = 99.9;
    private static final ResyncProgress NO_RESYNC = new ResyncProgress(-1, ResyncPhase.DONE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, 0, "");

    private AgentStatus() {
    }

    static MirrorStatus of(VolumeAgent agent) {
        MirrorRecord record = agent.record();
        boolean serving = agent.role() == Role.SOURCE;
        List<TargetStatus> targets = serving ? targets(agent) : List.of();
        Decision decision = agent.decision();
        boolean blocked = agent.role() == Role.BLOCKED || agent.role() == Role.DECIDING || agent.role() == Role.STOPPED;
        boolean failed = !agent.failure().isEmpty() && !serving;
        return new MirrorStatus(agent.tag(), agent.node(), record.created(), agent.role(), record.diskState(), words(agent),
                mirrorWords(agent, targets), sourceNode(agent), Generations.text(record.generations().current()), record.lastOwner(),
                record.sourceName(), record.dataCorrupt(), record.sizeBytes(), serving ? agent.source().log().chunkBytes()
                : record.chunkBytes(),
                serving ? agent.source().exportUri() : agent.exposure().uri(),
                blocked && decision != null && !failed ? decision.rule() : "",
                failed ? agent.failure() : blocked && decision != null ? decision.sentence() : "",
                failed ? "when this is mended: mirror_action " + agent.tag() + " start"
                        : blocked && decision != null ? agent.withTag(StartAdvice.honest(agent, decision).cure()) : "",
                serving ? agent.source().recoveryMessage() : "", serving ? agent.source().sourceLog().failure() : "",
                serving ? resync(agent.source().resyncs()) : ResyncStatus.NONE, targets,
                serving ? agent.source().verifies().statuses() : List.of(), serving ? io(agent.source()) : IoStatus.NONE,
                serving ? journal(agent.source()) : JournalReport.NONE, agent.undo().status(),
                agent.quorum().status(serving ? agent.source().watch() : null));
    }

    private static JournalReport journal(SourceSide source) {
        JournalStatus now = source.mirror().journal();
        return new JournalReport(now.isOpen(), now.diskBytes(), now.records(), now.memoryBytes(), now.problem());
    }

    private static IoStatus io(SourceSide source) {
        MirrorSnapshot mirror = source.mirror().snapshot();
        String modifications = switch (mirror.state()) {
            case RUNNING -> "running";
            case SUSPENDED -> mirror.refusal().isEmpty() ? "waiting" : "refused";
            case FAILED, CLOSED -> "refused";
        };
        List<String> reasons = mirror.failure().isEmpty() ? List.copyOf(source.mirror().ioReasons().values()) : List.of(mirror.failure());
        return new IoStatus(modifications, reasons, mirror.requestsQueued(), source.suspension().secondsLeft(),
                mirror.onLocalError().word(), mirror.localState().name().toLowerCase(Locale.ROOT), mirror.localLost(),
                mirror.refilledBytes());
    }

    private static String sourceNode(VolumeAgent agent) {
        if (agent.role() == Role.SOURCE) {
            return agent.node();
        }
        return agent.allFacts().stream().filter(NodeFacts::isInService).map(NodeFacts::node).findFirst().orElse("");
    }

    private static String words(VolumeAgent agent) {
        MirrorRecord record = agent.record();
        return switch (agent.role()) {
            case SOURCE -> "Source";
            case TARGET -> sourceNode(agent).isEmpty() ? "Target (source unreachable)"
                    : record.diskState() == DiskState.INCONSISTENT ? "Resyncing"
                    : record.diskState() == DiskState.UP_TO_DATE ? "Target" : "Out of Sync";
            case BLOCKED -> agent.decision() != null && agent.decision().rule().equals("D19") ? "Split Brain" : "Blocked";
            case DECIDING -> "Waiting";
            case STOPPED -> record.created() ? "Stopped" : "Not Created";
        };
    }

    private static String mirrorWords(VolumeAgent agent, List<TargetStatus> targets) {
        if (agent.role() != Role.SOURCE) {
            return agent.decision() != null && agent.decision().rule().equals("D19") ? "Split Brain"
                    : sourceNode(agent).isEmpty() && agent.role() != Role.TARGET ? "Stopped" : "";
        }
        String words = "Fully Operational";
        for (TargetState worse : List.of(TargetState.PAUSED, TargetState.RESYNCING, TargetState.OUT_OF_SYNC, TargetState.SPLIT_BRAIN)) {
            if (targets.stream().anyMatch(target -> general(target.state()) == worse)) {
                words = worse.words();
            }
        }
        return agent.source().mirror().localState() == LocalState.ATTACHED ? words : "Local Disk Failed";
    }

    private static TargetState general(TargetState state) {
        return switch (state) {
            case UNKNOWN, WAIT_PREVIOUS_SOURCE, PREVIOUS_SOURCE -> TargetState.OUT_OF_SYNC;
            default -> state;
        };
    }

    private static List<TargetStatus> targets(VolumeAgent agent) {
        List<TargetStatus> targets = new ArrayList<>();
        for (TargetConnection target : agent.source().targets()) {
            targets.add(target(agent, target));
        }
        return targets;
    }

    private static TargetStatus target(VolumeAgent agent, TargetConnection target) {
        SourceSide source = agent.source();
        long dirty = source.log().dirtyChunks(target.slot);
        int chunkBytes = source.log().chunkBytes();
        TargetState state = state(agent, target);
        ResyncProgress progress = source.resyncs().progress(target.slot).orElse(NO_RESYNC);
        boolean running = state == TargetState.RESYNCING && progress != NO_RESYNC;
        double percent = state == TargetState.IN_SYNC ? 100 : running ? Math.min(MOST_PERCENT_BEFORE_THE_END, progress.percent()) : 0;
        String kind = state == TargetState.IN_SYNC || target.plan() == null || !target.plan().kind().connects() ? ""
                : source.log().slotState(target.slot) == SlotState.FULL_RESYNC ? "full" : "partial";
        return new TargetStatus(target.node(), state, type(target.protocol()), kind, target.isConnected(), dirty,
                dirty * chunkBytes, percent, progress.bytesSent(), progress.bytesTotal(),
                progress.bytesAsZeros(), running ? progress.bytesPerSecond() : 0,
                running && progress.etaNs() >= 0 ? progress.etaNs() / SECOND_NS : -1, target.lastError(), address(agent, target),
                progress.bytesDone(), progress.bytesEqual(), progress.passes(), running ? progress.windowBytes() : 0,
                progress.phase() == ResyncPhase.DONE || progress.phase() == ResyncPhase.CANCELLED ? "" : waitsFor(agent, target, progress),
                replication(source, target));
    }

    private static ResyncStatus resync(ResyncManager resyncs) {
        ResyncTotals totals = resyncs.totals();
        return new ResyncStatus(totals.localBytesRead(), totals.bytesSent(), totals.bytesAsZeros(), totals.bytesEqual(),
                totals.bytesCompared(), totals.comparingNs() / 1_000_000, resyncs.config().maxBytesPerSecond(),
                resyncs.config().minBytesPerSecond(), totals.paceBytesPerSecond(), totals.quietP99Ns() / 1000);
    }

    private static String type(ReplicationProtocol protocol) {
        return switch (protocol) {
            case A -> "Asynchronous";
            case B -> "Memory Synchronous";
            case C -> "Synchronous";
        };
    }

    private static ReplicationStatus replication(SourceSide source, TargetConnection target) {
        LegSnapshot leg = source.mirror().snapshot().legs().stream().filter(each -> each.slot() == target.slot).findFirst().orElse(null);
        ReplicationProtocol protocol = leg == null ? target.protocol() : leg.protocol();
        ReplayProgress replay = source.mirror().replay(target.slot);
        return new ReplicationStatus(protocol.name(), protocol.meaning(leg != null && leg.extension()), leg == null ? 0 : leg.lagBytes(),
                leg == null ? 0 : leg.lagNs() / 1_000_000, leg == null ? 0 : leg.unflushedBytes(), leg != null && leg.ahead(),
                replay != null, replay == null ? 0 : replay.doneRecords(), replay == null ? 0 : replay.totalRecords(),
                target.compression().status());
    }

    private static String waitsFor(VolumeAgent agent, TargetConnection target, ResyncProgress progress) {
        String order = agent.context().order.waitsFor(agent.tag(), target.slot);
        return order.isEmpty() ? progress.waitsFor() : order;
    }

    private static String address(VolumeAgent agent, TargetConnection target) {
        return target.member.isForeign() ? target.member.uri()
                : agent.context().env.config().node(target.node()).map(node -> node.nbd().toString()).orElse("");
    }

    private static TargetState state(VolumeAgent agent, TargetConnection target) {
        if (agent.record().peer(target.node()).paused()) {
            return TargetState.PAUSED;
        }
        LegState leg = target.legState();
        if (leg == LegState.IN_SYNC) {
            return TargetState.IN_SYNC;
        }
        if (leg == LegState.RESYNCING) {
            return TargetState.RESYNCING;
        }
        if (!target.member.isForeign() && !agent.facts(target.node()).reachable()) {
            return TargetState.UNKNOWN;
        }
        TargetPlan.Kind kind = target.plan() == null ? TargetPlan.Kind.REFUSE : target.plan().kind();
        return switch (kind) {
            case MERGE_FIRST -> TargetState.PREVIOUS_SOURCE;
            case WAIT_PREVIOUS_SOURCE -> TargetState.WAIT_PREVIOUS_SOURCE;
            case SPLIT_BRAIN -> TargetState.SPLIT_BRAIN;
            default -> TargetState.OUT_OF_SYNC;
        };
    }
}
