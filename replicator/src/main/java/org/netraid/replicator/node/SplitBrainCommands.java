/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.decide.NodeFacts;
import org.netraid.replicator.decide.Relation;
import org.netraid.replicator.state.Role;
import org.roaringbitmap.RoaringBitmap;

/** The commands {@code split-brain} and {@code resolve}. */
final class SplitBrainCommands {

    /** Saving may take long. */
    private static final long COMMAND_NS = 120_000_000_000L;

    private final VolumeAgent agent;

    SplitBrainCommands(VolumeAgent agent) {
        this.agent = agent;
    }

    private List<NodeFacts> split() {
        return agent.allFacts().stream().filter(peer -> peer.reachable()
                && Relation.between(agent.node(), agent.record(), peer.node(), peer.record()) == Relation.SPLIT_BRAIN).toList();
    }

    // ---- the report

    void report(Consumer<CommandResult> result) {
        List<NodeFacts> peers = split();
        if (peers.isEmpty()) {
            result.accept(CommandResult.done(agent.node() + " knows of no split brain of " + agent.tag()
                    + "; a node that does not answer is not asked"));
            return;
        }
        List<String> lines = new ArrayList<>();
        Steps steps = new Steps(() -> result.accept(new CommandResult(ExitCode.DONE, "D19", List.copyOf(lines))));
        for (NodeFacts peer : peers) {
            steps.begin();
            sides(peer, (own, theirs) -> {
                describe(own, theirs, lines);
                steps.end();
            });
        }
        steps.allBegun();
    }

    private void sides(NodeFacts peer, BiConsumer<SplitSide, SplitSide> done) {
        SplitSide.own(agent, peer.node(), own -> agent.context().request(peer.node(), PeerMessages.SPLIT_FACTS, agent.reportBody(),
                reply -> done.accept(SplitSide.of(agent, agent.node(), peer.node(), own),
                        SplitSide.of(agent, peer.node(), agent.node(), reply.isOk() ? reply.body() : PeerMessages.object("")))));
    }

    private void describe(SplitSide own, SplitSide theirs, List<String> lines) {
        lines.add("split brain between " + own.node() + " and " + theirs.node()
                + ": both were written since they last had the same data");
        lines.add(own.text());
        lines.add(theirs.text());
        if (own.isKnown() && theirs.isKnown()) {
            lines.add(RoaringBitmap.andCardinality(own.changed(), theirs.changed()) + " chunks changed on both");
        }
        lines.add(choice(own, theirs));
        lines.add(choice(theirs, own));
    }

    private String choice(SplitSide kept, SplitSide lost) {
        String action = "mirror_action " + agent.tag() + " ";
        String stop = lost.inService() ? action + "stop " + lost.node() + "; " : "";
        String force = kept.inService() ? "" : stop + action + "force " + kept.node() + "; ";
        return "to keep " + kept.node() + ": " + force + action + "resolve " + kept.node() + " " + lost.node() + "; given up on "
                + lost.node() + ": " + (lost.isKnown() ? lost.chunks() + " chunks" : "what changed there") + ", saved there first";
    }

    // ---- the choice

    void resolve(MirrorCommand command, Consumer<CommandResult> result) {
        boolean mine = command.has(MirrorCommand.DISCARD_MY_DATA);
        if (command.dryRun()) {
            report(result);
        } else if (mine) {
            discardMine(command, result);
        } else if (agent.role() != Role.SOURCE) {
            result.accept(CommandResult.refused("D19", agent.tag() + " is not in service on " + agent.node()
                    + ", whose data are to be kept", "mirror_action " + agent.tag() + " force " + agent.node() + ", then this again; see "
                    + "both sides: mirror_action " + agent.tag() + " split-brain"));
        } else {
            keepMine(command, result);
        }
    }

    private void keepMine(MirrorCommand command, Consumer<CommandResult> result) {
        List<String> victims = command.targets().isEmpty() ? split().stream().map(NodeFacts::node).toList() : command.targets();
        TargetConnection target = victims.size() == 1 ? agent.source().target(victims.get(0)).orElse(null) : null;
        if (target == null) {
            result.accept(CommandResult.failed(ExitCode.USAGE, "D19", victims.isEmpty() ? agent.node() + " knows of no split brain of "
                    + agent.tag() : "name the one node whose data are given up", "mirror_action " + agent.tag() + " split-brain shows it"));
        } else {
            agent.source().resolver().resolve(target, !command.has(MirrorCommand.DO_NOT_SAVE), result);
        }
    }

    /** The other node does it: this one only says that it agrees to be overwritten. */
    private void discardMine(MirrorCommand command, Consumer<CommandResult> result) {
        List<NodeFacts> keepers = split().stream().filter(NodeFacts::isInService).toList();
        if (keepers.size() != 1) {
            result.accept(CommandResult.refused("D19", keepers.isEmpty() ? "no node in service is in a split brain with " + agent.node()
                    : "more than one node is", "see: mirror_action " + agent.tag()
                    + " split-brain; the copy that is kept must be in service"));
            return;
        }
        String keeper = keepers.get(0).node();
        List<String> options = command.has(MirrorCommand.DO_NOT_SAVE) ? List.of(MirrorCommand.DO_NOT_SAVE) : List.of();
        MirrorCommand there = new MirrorCommand(agent.tag(), MirrorActionType.RESOLVE, keeper, List.of(agent.node()), false, false, false,
                options);
        var body = PeerMessages.object(agent.tag());
        body.set("command", PeerMessages.command(there));
        agent.context().peers.request(keeper, PeerMessages.COMMAND, body, COMMAND_NS, reply -> result.accept(reply.isOk()
                ? PeerMessages.result(reply.body())
                : CommandResult.failed(ExitCode.UNREACHABLE, "D19", keeper + ": " + reply.error(), "look again: mirror_status "
                        + agent.tag())));
    }
}
