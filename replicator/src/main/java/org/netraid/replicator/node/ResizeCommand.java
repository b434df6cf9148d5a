/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.netraid.replicator.config.MemberConfig;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.decide.Decision;
import org.netraid.replicator.decide.Request;

/**
 * {@code mirror_action TAG resize}: leaves service in order, looks how large all disks are now, writes down the new size, and goes in
 * service again, where {@link SourceLog} gives the intent log the new size. Whatever is refused, the mirror comes back as it was. From
 * the moment the size is written down a crash anywhere is carried on by the next start.
 */
final class ResizeCommand {

    private record DiskSize(String node, long bytes) {
    }

    private final VolumeAgent agent;
    private final Consumer<CommandResult> result;
    private final List<DiskSize> sizes = new ArrayList<>();
    private String problem = "";
    private int open = 1;

    ResizeCommand(VolumeAgent agent, Consumer<CommandResult> result) {
        this.agent = agent;
        this.result = result;
    }

    void run() {
        agent.leaveService(false, failure -> {
            agent.beginTransition("resizing");
            if (!failure.isEmpty()) {
                comeBack(CommandResult.failed(ExitCode.DEVICE_ERROR, "", failure));
                return;
            }
            agent.target().openDisk(error -> {
                if (error.isEmpty()) {
                    sizes.add(new DiskSize(agent.node(), agent.target().disk().geometry().sizeBytes()));
                } else {
                    problem = error;
                }
                askTargets();
            });
        });
    }

    private void askTargets() {
        for (MemberConfig member : agent.config().members()) {
            String node = member.node();
            boolean asked = !node.equals(agent.node()) && !member.isForeign() && agent.record().peer(node).member()
                    && agent.facts(node).reachable();
            if (asked) {
                open++;
                agent.context().request(node, PeerMessages.DISK_SIZE, agent.reportBody(), reply -> {
                    if (reply.isOk()) {
                        sizes.add(new DiskSize(node, reply.body().path("sizeBytes").asLong()));
                    } else {
                        problem = problem.isEmpty() ? reply.error() : problem;
                    }
                    answered();
                });
            }
        }
        answered();
    }

    private void answered() {
        if (--open == 0) {
            decide();
        }
    }

    private void decide() {
        long now = agent.record().sizeBytes();
        long own = sizes.stream().filter(size -> size.node().equals(agent.node())).mapToLong(DiskSize::bytes).findFirst().orElse(0);
        long wanted = agent.config().sizeBytes() > 0 ? agent.config().sizeBytes() : own & -4096L;
        List<String> small = sizes.stream().filter(size -> size.bytes() < wanted).map(size -> "the disk on " + size.node() + " has "
                + size.bytes()).toList();
        if (!problem.isEmpty()) {
            comeBack(CommandResult.failed(ExitCode.DEVICE_ERROR, "", problem, "the mirror keeps its " + now + " bytes"));
        } else if (wanted == now) {
            comeBack(CommandResult.done(agent.tag() + " has " + now + " bytes already"));
        } else if (wanted < now) {
            comeBack(CommandResult.refused("", agent.tag() + " has " + now + " bytes and cannot shrink to " + wanted,
                    agent.config().sizeBytes() > 0 ? "give size in the configuration at least " + now
                            : "enlarge the disk on " + agent.node()));
        } else if (!small.isEmpty()) {
            comeBack(CommandResult.refused("", agent.tag() + " cannot have " + wanted + " bytes: " + String.join(", ", small),
                    "enlarge the smaller disks first, or give a smaller size in the configuration; the mirror keeps its " + now
                            + " bytes"));
        } else if (!agent.logNotes().recordResize(wanted)) {
            comeBack(CommandResult.failed(ExitCode.DEVICE_ERROR, "", "the state folder " + agent.context().env.folder().name()
                    + " cannot be written; the mirror keeps its " + now + " bytes"));
        } else {
            comeBack(CommandResult.done(agent.tag() + " has " + wanted + " bytes now (before: " + now
                    + "); the new part is being sent to every target"));
        }
    }

    /** In service again, changed or not. */
    private void comeBack(CommandResult outcome) {
        Decision decision = agent.decide(Request.START);
        if (!decision.starts()) {
            agent.endTransition();
            result.accept(outcome.code() == ExitCode.DONE ? CommandResult.refused(decision.rule(), decision.sentence(), agent.withTag(
                    decision.cure())) : outcome);
            return;
        }
        agent.goInService(decision, started -> result.accept(started.code() == ExitCode.DONE ? outcome : started));
    }
}
