/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.netraid.mirror.LegState;
import org.netraid.mirror.ReplicationProtocol;
import org.netraid.replicator.config.MemberConfig;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.TargetPreview;
import org.netraid.replicator.decide.Decision;
import org.netraid.replicator.decide.NodeFacts;
import org.netraid.replicator.decide.Request;
import org.netraid.replicator.decide.SourceRecords;
import org.netraid.replicator.peer.PeerReply;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.Generations;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.PeerRecord;
import org.netraid.replicator.state.Role;

/** Carries an operator's commands out on one node, for one mirror. */
final class AgentCommands {

    private final VolumeAgent agent;

    AgentCommands(VolumeAgent agent) {
        this.agent = agent;
    }

    void execute(MirrorCommand command, Consumer<CommandResult> result) {
        if (command.action() == MirrorActionType.EXPLAIN) {
            result.accept(explain());
            return;
        }
        if (!agent.transition().isEmpty()) {
            result.accept(TargetRequests.busy(agent));
            return;
        }
        if (command.action() == MirrorActionType.SWITCHOVER && agent.role() == Role.SOURCE
                && command.targets().equals(List.of(agent.node()))) {
            result.accept(CommandResult.done(agent.tag() + " is in service on " + agent.node() + " already: " + agent.source()
                    .exportUri()));
            return;
        }
        for (String target : command.targets()) {
            if (agent.config().member(target).isEmpty() || target.equals(agent.node())) {
                result.accept(CommandResult.failed(ExitCode.USAGE, "", target + " is not a target of " + agent.tag() + " on "
                        + agent.node() + "; its other members are " + otherNames()));
                return;
            }
        }
        switch (command.action()) {
            case EXPOSE -> agent.exposure().execute(command, result);
            case SPLIT_BRAIN -> new SplitBrainCommands(agent).report(result);
            case RESOLVE -> new SplitBrainCommands(agent).resolve(command, result);
            case ROLLBACK -> agent.rollback().execute(command, result);
            case CREATE -> create(command, result);
            case START -> start(command, Request.START, result);
            case FORCE -> start(command, command.acceptInconsistentData() ? Request.FORCE_INCONSISTENT : Request.FORCE, result);
            default -> inService(command, result);
        }
    }

    private void inService(MirrorCommand command, Consumer<CommandResult> result) {
        if (agent.role() != Role.SOURCE) {
            if (command.action() == MirrorActionType.STOP && agent.record().stayStopped()) {
                result.accept(CommandResult.done(agent.tag() + " is out of service already"));
                return;
            }
            result.accept(notInService(command));
            return;
        }
        if (command.dryRun() && command.action() == MirrorActionType.SWITCHOVER) {
            switchover(command, result);
            return;
        }
        if (command.dryRun() && command.action() == MirrorActionType.FULLRESYNC) {
            List<TargetPreview> previews = new ArrayList<>();
            each(command, seen -> result.accept(seen.withPreviews(previews)), target -> {
                TargetPreview preview = ResyncPreview.ofFullResync(agent, command, target);
                previews.add(preview);
                return preview.text();
            });
            return;
        }
        if (command.dryRun()) {
            List<String> lines = new ArrayList<>(List.of("would " + command.action().word() + " " + agent.tag() + " on " + agent.node()
                    + (command.targets().isEmpty() ? "" : ": " + String.join(", ", command.targets())) + "; now:"));
            lines.addAll(explain().lines());
            result.accept(CommandResult.done(lines.toArray(String[]::new)));
            return;
        }
        switch (command.action()) {
            case STOP -> stop(result);
            case SWITCHOVER -> switchover(command, result);
            case ADD -> add(command, result);
            case REMOVE -> remove(command, result);
            case PAUSE -> each(command, result, this::pause);
            case RESUME -> each(command, result, this::resume);
            case FULLRESYNC -> each(command, result, target -> {
                if (command.has(MirrorCommand.SEEDED)) {
                    agent.source().resyncs().expectSeeded(target.slot);
                }
                return fullResync(target);
            });
            case SPEED -> result.accept(ResyncSpeed.apply(agent.source().resyncs(), command));
            case VERIFY -> each(command, result, command.has(MirrorCommand.STOP) ? agent.source().verifies()::stop
                    : target -> agent.source().verifies().start(target, command.has(MirrorCommand.REPAIR)));
            case RESIZE -> new ResizeCommand(agent, result).run();
            case SUSPEND_IO -> agent.source().suspension().suspend(command, result);
            case RESUME_IO -> result.accept(agent.source().suspension().resume());
            case ATTACH -> agent.source().diskCare().attach(result);
            case ON_IO_ERROR -> result.accept(agent.source().diskCare().setPolicy(command));
            case NEWLOG -> agent.source().sourceLog().renew(result);
            case PROTOCOL -> protocol(command, result);
            default -> throw new IllegalStateException("command " + command);
        }
    }

    private CommandResult notInService(MirrorCommand command) {
        for (NodeFacts peer : agent.allFacts()) {
            if (peer.isInService()) {
                List<String> words = new ArrayList<>(List.of("mirror_action", agent.tag(), command.action().word(), peer.node()));
                // whoever named the source among the targets, and this node as the source, had them the wrong way round
                command.targets().forEach(target -> words.add(target.equals(peer.node()) ? agent.node() : target));
                return CommandResult.refused("D5", agent.tag() + " is in service on " + peer.node() + ", not on " + agent.node(),
                        "name the source: " + String.join(" ", words));
            }
        }
        return CommandResult.refused("D5", agent.tag() + " is not in service on " + agent.node() + " nor on any node it can reach",
                "start it first: mirror_action " + agent.tag() + " start");
    }

    private String otherNames() {
        return String.join(", ", agent.config().members().stream().map(MemberConfig::node)
                .filter(name -> !name.equals(agent.node())).toList());
    }

    // ---- going in service

    private void create(MirrorCommand command, Consumer<CommandResult> result) {
        String tag = agent.tag();
        if (agent.record().created()) {
            String source = agent.role() == Role.SOURCE ? agent.node() : agent.allFacts().stream().filter(NodeFacts::isInService)
                    .map(NodeFacts::node).findFirst().orElse("");
            result.accept(CommandResult.refused("D0", tag + " exists already on " + agent.node(), source.isEmpty()
                    ? "start it: mirror_action " + tag + " start" : "it is in service on " + source + "; mirror_status " + tag
                            + " shows it there"));
            return;
        }
        if (!agent.store().contradiction().isEmpty()) {
            result.accept(CommandResult.refused("X1", agent.store().contradiction()));
            return;
        }
        for (NodeFacts peer : agent.allFacts()) {
            if (peer.reachable() && peer.record().created()) {
                result.accept(CommandResult.refused("D0", tag + " exists already on " + peer.node(), "start it there: mirror_action " + tag
                        + " start " + peer.node()));
                return;
            }
        }
        if (command.dryRun()) {
            result.accept(CommandResult.done("would create " + tag + " from the content of " + agent.node()));
            return;
        }
        long mirrorId = agent.context().newId();
        // the first generation has an ancestor too, so that what forks off it is known as a split brain
        MirrorRecord.Builder next = agent.record().with().mirrorId(mirrorId).diskState(DiskState.UP_TO_DATE).lastOwner(true)
                .generations(new Generations(agent.context().newId(), List.of(mirrorId)));
        for (MemberConfig other : agent.config().members()) {
            if (!other.node().equals(agent.node())) {
                boolean member = command.targets().isEmpty() || command.targets().contains(other.node());
                next.peer((command.assumeClean() ? PeerRecord.unknown(other.node()) : PeerRecord.empty(other.node())).withMember(member));
            }
        }
        MirrorRecord before = agent.record();
        if (!agent.write(next.build())) {
            result.accept(CommandResult.failed(ExitCode.DEVICE_ERROR, "", agent.failure()));
            return;
        }
        Decision why = new Decision(Decision.Action.START, "D0", agent.node(), tag + " is created from the content of " + agent.node(), "");
        agent.goInService(why, outcome -> {
            if (outcome.code() != ExitCode.DONE) {
                // nothing was replicated yet: as if it had never been tried
                agent.write(before);
            } else {
                agent.knownDisk().accept();
            }
            result.accept(outcome);
        });
    }

    private void start(MirrorCommand command, Request request, Consumer<CommandResult> result) {
        if (agent.role() == Role.SOURCE) {
            result.accept(CommandResult.done(agent.tag() + " is in service on " + agent.node() + " already: " + agent.source()
                    .exportUri()));
            return;
        }
        if (agent.transition().isEmpty()) {
            agent.knownDisk().look();
        }
        Decision decision = agent.decide(request);
        if (command.dryRun()) {
            dryStart(StartAdvice.withQuorum(agent, decision, request), result);
        } else if (decision.starts()) {
            agent.goInService(decision, new ServiceClaims.Terms(request.isForce(), ""), result);
        } else {
            if (decision.action() == Decision.Action.BLOCK_DATA_CORRUPT) {
                agent.write(agent.record().with().dataCorrupt(true).build());
            }
            List<String> lines = new ArrayList<>();
            lines.add(decision.sentence());
            if (!decision.cure().isEmpty()) {
                lines.add(agent.withTag(decision.cure()));
            }
            result.accept(new CommandResult(ExitCode.REFUSED, decision.rule(), lines));
            agent.evaluate();
        }
    }

    private void dryStart(Decision seen, Consumer<CommandResult> result) {
        CommandResult alone = new CommandResult(ExitCode.DONE, seen.rule(), List.of((seen.starts() ? "would start: " : "would not start: ")
                + agent.withTag(seen.text())));
        if (seen.starts()) {
            StartPreview.of(agent, seen, previews -> {
                List<String> lines = new ArrayList<>(alone.lines());
                previews.forEach(preview -> lines.add(preview.text()));
                result.accept(new CommandResult(alone.code(), alone.ruleId(), lines, previews));
            });
        } else {
            result.accept(alone);
        }
    }

    // ---- leaving service

    private void stop(Consumer<CommandResult> result) {
        agent.leaveService(true, problem -> result.accept(problem.isEmpty() ? CommandResult.done(agent.tag() + " is out of service")
                : CommandResult.failed(ExitCode.DEVICE_ERROR, "", problem)));
    }

    private void switchover(MirrorCommand command, Consumer<CommandResult> result) {
        String tag = agent.tag();
        List<String> candidates = command.targets().isEmpty() ? agent.source().targets().stream()
                .filter(target -> !target.member.isForeign()).map(TargetConnection::node).limit(1).toList() : command.targets();
        if (candidates.size() != 1) {
            result.accept(CommandResult.failed(ExitCode.USAGE, "", "switchover needs one node to move to; members are " + otherNames()));
            return;
        }
        String to = candidates.get(0);
        Optional<TargetConnection> target = agent.source().target(to);
        boolean inSync = target.isPresent() && !target.get().member.isForeign() && target.get().legState() == LegState.IN_SYNC
                && agent.facts(to).record().diskState() == DiskState.UP_TO_DATE;
        if (!inSync) {
            result.accept(CommandResult.refused("D17", to + " is not in sync; " + tag + " stays in service on " + agent.node(),
                    "wait until mirror_status " + tag + " shows it In Sync"));
            return;
        }
        if (command.dryRun()) {
            result.accept(CommandResult.done("would move " + tag + " from " + agent.node() + " to " + to + ", which is in sync"));
            return;
        }
        agent.leaveService(false, problem -> {
            if (!problem.isEmpty()) {
                result.accept(CommandResult.failed(ExitCode.DEVICE_ERROR, "", problem));
                return;
            }
            agent.beginTransition("handing over to " + to);
            agent.context().request(to, PeerMessages.HAND_OVER, agent.reportBody(), reply -> handedOver(to, reply, result));
        });
    }

    private void handedOver(String to, PeerReply reply, Consumer<CommandResult> result) {
        if (reply.isOk() && PeerMessages.result(reply.body()).code() == ExitCode.DONE) {
            agent.write(SourceRecords.handedOver(agent.record()));
            result.accept(PeerMessages.result(reply.body()));
        } else if (reply.isOk()) {
            List<String> lines = new ArrayList<>(PeerMessages.result(reply.body()).lines());
            lines.add(agent.tag() + " goes back to " + agent.node());
            result.accept(new CommandResult(ExitCode.DEVICE_ERROR, "D5", lines));
        } else if (reply.reached()) {
            result.accept(CommandResult.refused("D5", reply.error(), agent.tag() + " goes back to " + agent.node()));
        } else {
            result.accept(CommandResult.failed(ExitCode.UNREACHABLE, "D5", reply.error(), "whether " + to
                    + " is in service will be known when it "
                    + "answers; until then " + agent.tag() + " stays out of service on " + agent.node()));
        }
        agent.endTransition();
    }

    // ---- targets

    private interface TargetCommand {
        /** @return what was done or refused, for people; refusals begin with '!' */
        String apply(TargetConnection target);
    }

    private void each(MirrorCommand command, Consumer<CommandResult> result, TargetCommand action) {
        List<String> absent = command.targets().stream().filter(name -> agent.source().target(name).isEmpty()).toList();
        if (!absent.isEmpty()) {
            result.accept(CommandResult.failed(ExitCode.USAGE, "", String.join(", ", absent) + (absent.size() == 1 ? " is" : " are")
                    + " no part of " + agent.tag() + " now, so nothing was done", "mirror_action " + agent.tag() + " add " + agent.node()
                    + " " + String.join(" ", absent)));
            return;
        }
        List<String> lines = new ArrayList<>();
        ExitCode code = ExitCode.DONE;
        for (TargetConnection target : List.copyOf(agent.source().targets())) {
            if (command.targets().isEmpty() || command.targets().contains(target.node())) {
                String line = action.apply(target);
                if (line.startsWith("!") && code != ExitCode.DEVICE_ERROR) {
                    code = line.equals("!" + agent.failure()) ? ExitCode.DEVICE_ERROR : ExitCode.REFUSED;
                }
                lines.add(line.startsWith("!") ? line.substring(1) : line);
            }
        }
        if (lines.isEmpty()) {
            result.accept(CommandResult.failed(ExitCode.USAGE, "", agent.tag() + " has no targets now",
                    "mirror_action " + agent.tag() + " add " + agent.node() + " TARGET; its other members are " + otherNames()));
            return;
        }
        agent.changed();
        result.accept(new CommandResult(code, "", lines));
    }

    private PeerRecord known(TargetConnection target) {
        return agent.record().peer(target.node());
    }

    private void protocol(MirrorCommand command, Consumer<CommandResult> result) {
        List<String> words = List.of("A", "B", "C", MirrorCommand.DEFAULT_PROTOCOL);
        if (command.options().size() != 1 || !words.contains(command.options().get(0))) {
            result.accept(CommandResult.failed(ExitCode.USAGE, "", "protocol needs one of " + String.join(", ", words)));
            return;
        }
        String word = command.options().get(0);
        each(command, result, target -> protocol(target, word.equals(MirrorCommand.DEFAULT_PROTOCOL) ? "" : word));
    }

    private String protocol(TargetConnection target, String word) {
        if (!agent.write(agent.record().with().peer(known(target).withProtocol(word)).build())) {
            return "!" + agent.failure();
        }
        ReplicationProtocol protocol = target.protocol();
        agent.source().journal().protocolChanged(protocol);
        return agent.source().mirror().setProtocol(target.slot, protocol).map(refusal -> "!" + refusal).orElse(target.node()
                + " has protocol " + protocol + " (" + protocol.words() + ") from the next write on"
                + (word.isEmpty() ? ", as the configuration says" : ""));
    }

    private String pause(TargetConnection target) {
        if (known(target).paused()) {
            return target.node() + " is paused already";
        }
        if (!agent.write(SourceRecords.paused(agent.record(), target.node(), true))) {
            return "!" + agent.failure();
        }
        return agent.source().mirror().pauseLeg(target.slot).map(refusal -> "!" + refusal).orElse(target.node()
                + " is paused; what it misses is tracked");
    }

    private String resume(TargetConnection target) {
        if (!known(target).paused()) {
            return target.node() + " is not paused";
        }
        if (!agent.write(SourceRecords.paused(agent.record(), target.node(), false))) {
            return "!" + agent.failure();
        }
        Optional<String> refusal = agent.source().mirror().resumeLeg(target.slot);
        target.hurry();
        return refusal.map(text -> "!" + text).orElse(target.node() + " is resumed; what it missed is being sent");
    }

    private String fullResync(TargetConnection target) {
        if (agent.facts(target.node()).isInService()) {
            return "!" + target.node() + " is in service itself; stop it there first: mirror_action " + agent.tag() + " stop "
                    + target.node();
        }
        if (known(target).paused()) {
            agent.write(SourceRecords.paused(agent.record(), target.node(), false));
            agent.source().mirror().resumeLeg(target.slot);
        }
        // in the log first: what the operator has given up stays given up if this node dies before the target is there
        Optional<String> refusal = agent.source().mirror().fullResync(target.slot);
        if (target.isConnected()) {
            return refusal.map(text -> "!" + text).orElse("everything is being sent to " + target.node());
        }
        target.discardTarget();
        return "everything will be sent to " + target.node() + (agent.facts(target.node()).reachable() ? "" : " when it can be reached");
    }

    private void add(MirrorCommand command, Consumer<CommandResult> result) {
        List<String> lines = new ArrayList<>();
        for (String name : command.targets()) {
            if (agent.source().target(name).isPresent()) {
                lines.add(name + " is a target already");
                continue;
            }
            // one that was removed may still hold a whole copy
            boolean neverWhole = agent.record().knownPeer(name).map(PeerRecord::noWayBack).orElse(true);
            PeerRecord fresh = PeerRecord.unknown(name).withInconsistent(!command.assumeClean()).withNoWayBack(neverWhole);
            if (!agent.write(agent.record().with().peer(fresh).build())) {
                result.accept(CommandResult.failed(ExitCode.DEVICE_ERROR, "", agent.failure()));
                return;
            }
            agent.source().add(agent.config().member(name).orElseThrow(), command.assumeClean(), command.has(MirrorCommand.SEEDED));
            boolean cannotCompare = command.has(MirrorCommand.SEEDED) && agent.config().member(name).orElseThrow().isForeign();
            lines.add(name + " is a target now" + (cannotCompare ? "; it has no daemon that could compare: everything is sent" : ""));
        }
        result.accept(lines.isEmpty() ? CommandResult.failed(ExitCode.USAGE, "", "name the targets to add; members are " + otherNames())
                : new CommandResult(ExitCode.DONE, "", lines));
    }

    private void remove(MirrorCommand command, Consumer<CommandResult> result) {
        if (command.targets().size() != 1) {
            result.accept(CommandResult.failed(ExitCode.USAGE, "", "name the one target to remove; members are " + otherNames()));
            return;
        }
        String name = command.targets().get(0);
        Optional<TargetConnection> target = agent.source().target(name);
        if (target.isEmpty()) {
            result.accept(CommandResult.done(name + " is not a target already"));
            return;
        }
        agent.beginTransition("removing " + name);
        agent.source().remove(target.get(), problem -> {
            agent.endTransition();
            result.accept(problem.isEmpty() ? CommandResult.done(name + " is no longer a target; adding it again costs a full resync")
                    : CommandResult.failed(ExitCode.DEVICE_ERROR, "", problem));
        });
    }

    // ---- explaining

    private CommandResult explain() {
        List<String> lines = new ArrayList<>();
        Decision decision = agent.decide(Request.AUTO);
        Decision start = StartAdvice.of(agent, Request.START);
        boolean cureWorks = StartAdvice.honest(agent, decision) == decision;
        lines.add(agent.node() + ": " + (cureWorks ? agent.withTag(decision.text()) : decision.rule() + ": " + decision.sentence()));
        if (!agent.failure().isEmpty()) {
            lines.add(agent.node() + ": " + agent.failure());
        }
        if (!agent.rollback().explanation().isEmpty()) {
            lines.add(agent.rollback().explanation());
        }
        if (!agent.regions().explanation().isEmpty()) {
            lines.add(agent.regions().explanation());
        }
        if (!agent.exposure().explanation().isEmpty()) {
            lines.add(agent.exposure().explanation());
        }
        if (agent.role() != Role.SOURCE) {
            lines.add(agent.withTag(StartAdvice.text(start)));
        } else {
            for (TargetConnection target : agent.source().targets()) {
                lines.add(target.node() + ": " + target.legState().words() + (target.legState() == LegState.IN_SYNC ? ""
                        : target.plan() == null ? "; it cannot be reached" : "; "
                        + target.plan().rule() + ": " + target.plan().sentence()
                        + (target.plan().cure().isEmpty() ? "" : "; " + agent.withTag(target.plan().cure())))
                        + (target.legState() == LegState.IN_SYNC || target.lastError().isEmpty() ? "" : "; last error: "
                        + target.lastError()));
            }
        }
        for (NodeFacts peer : agent.allFacts()) {
            lines.add(peer.node() + (peer.reachable() ? " answers: " + peer.role() + ", " + peer.record().diskState() + ", generation "
                    + Generations.text(peer.record().generations().current()) : " does not answer"));
        }
        return new CommandResult(ExitCode.DONE, decision.rule(), lines);
    }
}
