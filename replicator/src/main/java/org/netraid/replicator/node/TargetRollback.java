/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.function.Consumer;
import org.netraid.intentlog.format.DirtyMapCodec;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.decide.Decision;
import org.netraid.replicator.decide.NodeFacts;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.Role;
import org.netraid.replicator.state.UndoState;
import org.netraid.store.StateFolderException;
import org.netraid.undo.UndoJournal;
import org.netraid.undo.UndoRollback;

/**
 * Takes an interrupted resync back. Each step is durable before the next, and a crash between two of them leaves a copy that is
 * inconsistent and can be rolled back again:
 *
 * <ol>
 *   <li>the journal is read and checked from end to end; nothing is changed if it is damaged</li>
 *   <li>{@code <tag>_undone}: the chunks that will be older than their source believes</li>
 *   <li>"rolling back"</li>
 *   <li>the old content goes back to the disk, flushed</li>
 *   <li>the record from before, outdated</li>
 *   <li>"rolled back"; the journal's space is given back</li>
 * </ol>
 */
final class TargetRollback {

    private static final DateTimeFormatter UTC = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private final VolumeAgent agent;
    private final TargetUndo undo;

    TargetRollback(VolumeAgent agent, TargetUndo undo) {
        this.agent = agent;
        this.undo = undo;
    }

    // ---- words

    /** What the copy would be, or is, after the roll-back. The same at any time, so that a decision does not change with the clock. */
    private static String stateText(UndoState state) {
        return "its state of " + (state.followedUntilMillis() > 0 ? "" : "before the resync of ")
                + UTC.format(Instant.ofEpochMilli(state.stateMillis()));
    }

    private String stateAndAge(UndoState state) {
        return stateText(state) + ", " + age(Math.max(0, agent.nowMillis() - state.stateMillis())) + " old";
    }

    /** For {@code explain}; "" if there is nothing to say. */
    String explanation() {
        UndoState state = undo.state().orElse(null);
        if (state == null) {
            return "";
        }
        return undo.canRollBack() ? "the resync from " + state.source() + " can be taken back to " + stateAndAge(state) + ": mirror_action "
                + agent.tag() + " rollback " + agent.node()
                : state.phase() == UndoState.Phase.ROLLED_BACK ? "the copy here was rolled back to " + stateAndAge(state)
                : state.phase() == UndoState.Phase.GIVEN_UP ? "the resync from " + state.source() + " cannot be taken back: "
                + state.reason() : "";
    }

    private static String age(long millis) {
        Duration age = Duration.ofMillis(millis);
        return age.toDays() > 0 ? age.toDays() + " d " + age.toHoursPart() + " h"
                : age.toHours() > 0 ? age.toHours() + " h " + age.toMinutesPart() + " min"
                : age.toMinutes() > 0 ? age.toMinutes() + " min " + age.toSecondsPart() + " s" : age.toSeconds() + " s";
    }

    /** The decision with the choice that the journal gives, and the age that an operator who forces should know. */
    Decision advise(Decision decision) {
        UndoState state = undo.state().orElse(null);
        boolean inconsistent = decision.rule().equals("D2") || decision.rule().equals("G1");
        if (state == null || decision.action() != Decision.Action.BLOCK) {
            return decision;
        }
        if (inconsistent && undo.canRollBack()) {
            return new Decision(decision.action(), decision.rule(), decision.source(), decision.sentence(), decision.cure()
                    + "; or take the resync back to " + stateText(state) + ": mirror_action TAG rollback " + agent.node()
                    + ", then: mirror_action TAG force " + agent.node());
        }
        if (inconsistent && state.phase() == UndoState.Phase.GIVEN_UP) {
            return new Decision(decision.action(), decision.rule(), decision.source(), decision.sentence()
                    + "; it cannot be taken back: " + state.reason(), decision.cure());
        }
        if (decision.rule().equals("D17") && state.phase() == UndoState.Phase.ROLLED_BACK) {
            return new Decision(decision.action(), decision.rule(), decision.source(), decision.sentence() + "; it was rolled back to "
                    + stateText(state), decision.cure());
        }
        return decision;
    }

    // ---- the command

    void execute(MirrorCommand command, Consumer<CommandResult> result) {
        String refusal = refusal();
        if (!refusal.isEmpty()) {
            result.accept(CommandResult.refused("G1", refusal));
            return;
        }
        UndoState state = undo.state().orElseThrow();
        if (command.dryRun()) {
            result.accept(CommandResult.done("would take the resync from " + state.source() + " back: the copy on " + agent.node()
                    + " returns to " + stateAndAge(state)));
            return;
        }
        agent.beginTransition("rolling the resync back");
        agent.event("the resync from " + state.source() + " is being taken back, to " + stateAndAge(state));
        Consumer<String> end = problem -> {
            result.accept(problem.isEmpty() ? CommandResult.done("the copy on " + agent.node() + " is back in " + stateAndAge(state),
                    "what it lacks since is lost if it goes in service now: mirror_action " + agent.tag() + " force " + agent.node())
                    : CommandResult.failed(ExitCode.DEVICE_ERROR, "", "the resync is not taken back: " + problem));
            agent.event(problem.isEmpty() ? "the resync is taken back" : "the resync is not taken back: " + problem);
            agent.endTransition();
        };
        agent.target().cut("the resync is taken back", () -> agent.target().openDisk(error -> {
            if (error.isEmpty()) {
                undo.device().stopKeeping(() -> open(end));
            } else {
                end.accept(error);
            }
        }));
    }

    private String refusal() {
        if (agent.role() == Role.SOURCE) {
            return agent.node() + " is in service; nothing is rolled back under the application";
        }
        UndoState state = undo.state().orElse(null);
        if (state != null && state.phase() == UndoState.Phase.ROLLED_BACK) {
            return "the resync was taken back already: the copy on " + agent.node() + " is in " + stateAndAge(state);
        }
        if (agent.record().diskState() != DiskState.INCONSISTENT) {
            return "no resync over the copy on " + agent.node() + " has begun and not ended; it is " + agent.record().diskState();
        }
        if (!undo.canRollBack()) {
            return "the resync over the copy on " + agent.node() + " cannot be taken back: " + (state == null
                    ? "nothing of what it overwrote was kept" : state.reason());
        }
        for (NodeFacts peer : agent.allFacts()) {
            if (peer.isInService()) {
                return peer.node() + " is in service, and the resync goes on; to take it back nevertheless, stop it there first: "
                        + "mirror_action " + agent.tag() + " stop " + peer.node();
            }
        }
        return "";
    }

    private void open(Consumer<String> end) {
        undo.putJournalAside(() -> undo.openExisting((journal, error) -> {
            if (journal == null) {
                end.accept(error);
                return;
            }
            new UndoRollback(journal, undo.device().disk(), problem -> {
                if (problem.isEmpty()) {
                    putBack(journal, end);
                } else {
                    end.accept(problem);
                }
            }).check();
        }));
    }

    private void putBack(UndoJournal journal, Consumer<String> end) {
        UndoState state = undo.state().orElseThrow();
        try {
            undo.files().writeUndone(DirtyMapCodec.encode(journal.chunks(), state.chunkBytes(), state.mirrorBytes()));
        } catch (StateFolderException e) {
            end.accept(e.getMessage());
            return;
        }
        if (!undo.write(state.with(UndoState.Phase.ROLLING_BACK, ""))) {
            end.accept("the state folder cannot be written");
            return;
        }
        new UndoRollback(journal, undo.device().disk(), problem -> {
            if (!problem.isEmpty()) {
                end.accept(problem);
            } else if (!agent.write(state.before()) || !undo.write(state.with(UndoState.Phase.ROLLED_BACK, ""))) {
                end.accept("the state folder cannot be written");
            } else {
                undo.putJournalAside(() -> agent.context().env.disks().removeUndoJournal(agent.tag(), undo.path()));
                end.accept("");
            }
        }).apply();
    }
}
