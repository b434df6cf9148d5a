/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.netraid.link.LinkFactory;
import org.netraid.nbd.server.Export;
import org.netraid.nbd.server.FixedExports;
import org.netraid.nbd.server.NbdService;
import org.netraid.nbd.server.ServerEvents;
import org.netraid.nbd.server.ServerTls;
import org.netraid.nbd.wire.NbdUri;
import org.netraid.replicator.config.MemberConfig;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.decide.NodeFacts;
import org.netraid.replicator.decide.TargetRecords;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.Role;
import org.netraid.store.StateFolderException;

/**
 * Row D16: the copy of a paused target, served where this node would serve the mirror, read-only or, on request, writable. What is written
 * is remembered with the other recent writes, and a durable flag says so before the first one: whoever resyncs this copy next gets the map
 * and sends those chunks too. Ends as soon as any source asks for the disk, or this node goes in service.
 */
final class PausedExport {

    private final VolumeAgent agent;
    private final MemberConfig self;
    private final String flag;
    private NbdService service;
    private LinkFactory.Listening listening;
    private boolean writable;
    private String uri = "";

    PausedExport(VolumeAgent agent, MemberConfig self) {
        this.agent = agent;
        this.self = self;
        this.flag = agent.tag() + "_written";
    }

    // ---- what was written here

    /** True if something may have been written here that no source knows of. */
    boolean wasWritten() {
        return agent.context().env.folder().read(flag).isPresent();
    }

    /** The copy has its source's content again, or every other copy is dirty where this one was written. */
    void settled() {
        try {
            agent.context().env.folder().delete(flag);
        } catch (StateFolderException e) {
            agent.event(e.getMessage()); // stays: more than needed will be sent
        }
    }

    // ---- the command

    void execute(MirrorCommand command, Consumer<CommandResult> result) {
        String refusal = refusal();
        if (command.has(MirrorCommand.STOP)) {
            end(() -> result.accept(CommandResult.done("the copy on " + agent.node() + " is not exposed any more")));
        } else if (!refusal.isEmpty()) {
            result.accept(CommandResult.refused("D16", refusal));
        } else if (command.dryRun()) {
            result.accept(CommandResult.done("would expose the copy on " + agent.node()));
        } else {
            agent.beginTransition("exposing its copy");
            open(command.has(MirrorCommand.WRITABLE), answer -> {
                agent.endTransition();
                result.accept(answer);
            });
        }
    }

    private String refusal() {
        NodeFacts source = agent.allFacts().stream().filter(NodeFacts::isInService).findFirst().orElse(null);
        if (agent.role() != Role.TARGET || source == null) {
            return "only the copy of a paused target can be exposed; " + agent.node() + " is not the target of a source that answers";
        }
        if (!source.record().peer(agent.node()).paused()) {
            return "replication to " + agent.node() + " is not paused; pause it first: mirror_action " + agent.tag() + " pause "
                    + source.node() + " " + agent.node();
        }
        DiskState disk = agent.record().diskState();
        return disk == DiskState.INCONSISTENT || disk == DiskState.FAILED ? "the copy on " + agent.node() + " is " + disk
                + ": a mixture of old and new data is of no use to a reader" : "";
    }

    private void open(boolean write, Consumer<CommandResult> result) {
        // also ends an exposure from before, and cuts the source off: it connects anew when the target is resumed
        agent.target().cut("its copy is exposed", () -> agent.target().openDisk(error -> {
            if (!error.isEmpty()) {
                result.accept(CommandResult.failed(ExitCode.DEVICE_ERROR, "D16", error));
            } else if (write) {
                MirrorRecord record = agent.record();
                agent.regions().prepare(record, !agent.regions().isUseful(), () -> makeWritable(result));
            } else {
                serve(false, result);
            }
        }));
    }

    private void makeWritable(Consumer<CommandResult> result) {
        if (!agent.regions().isRemembering()) {
            result.accept(CommandResult.refused("D16", "what is written on " + agent.node()
                    + " could not be remembered (regions = 0, or its log cannot be used)", "expose it without --writable"));
            return;
        }
        try {
            agent.context().env.folder().write(flag, "this copy was written while it was paused\n".getBytes(StandardCharsets.UTF_8));
        } catch (StateFolderException e) {
            result.accept(CommandResult.failed(ExitCode.DEVICE_ERROR, "D16", e.getMessage()));
            return;
        }
        MirrorRecord record = agent.record();
        if (record.diskState().maySource() && !agent.write(TargetRecords.outdated(record))) {
            result.accept(CommandResult.failed(ExitCode.DEVICE_ERROR, "D16", agent.failure()));
            return;
        }
        serve(true, result);
    }

    private void serve(boolean write, Consumer<CommandResult> result) {
        writable = write;
        Export export = new Export(agent.tag(), "paused copy of " + agent.tag(), agent.target().disk(), !write);
        ServerTls tls = self.export().isUnix() ? ServerTls.OFF : agent.context().env.tls().exports();
        service = new NbdService(agent.context().loop(), new FixedExports(List.of(export)), agent.context().limits,
                agent.context().payloads, ServerEvents.NONE, tls);
        NbdService mine = service;
        agent.context().env.links().listen(self.export(), peer -> mine.accept(peer), bound -> {
            if (service != mine) {
                bound.close();
                result.accept(CommandResult.refused("D16", "the exposure was ended meanwhile"));
                return;
            }
            listening = bound;
            agent.event("D16: the copy here is exposed, " + kind() + ", until the target is resumed");
            uri = new NbdUri(bound.address(), agent.tag(), tls.mode() == ServerTls.Mode.REQUIRE ? NbdUri.Tls.DEFAULT : null).toString();
            result.accept(new CommandResult(ExitCode.DONE, "D16", List.of("the paused copy on " + agent.node() + " is exposed, " + kind()
                    + ": " + uri)));
        }, reason -> {
            service = null;
            result.accept(CommandResult.failed(ExitCode.DEVICE_ERROR, "D16", "cannot serve the copy on " + self.export() + ": " + reason));
        });
    }

    private String kind() {
        return writable ? "writable; what is written there is overwritten when the target is resumed" : "read-only";
    }

    /** Ends it, if there is one. @param then runs when no request is left, perhaps inside this call */
    void end(Runnable then) {
        NbdService open = service;
        LinkFactory.Listening bound = listening;
        service = null;
        listening = null;
        if (open == null) {
            then.run();
            return;
        }
        if (bound != null) {
            bound.close();
        }
        open.shutdown(then);
    }

    /** Where the copy is exposed; "" if it is not. */
    String uri() {
        return listening == null ? "" : uri;
    }

    /** For {@code explain}; "" if there is nothing to say. */
    String explanation() {
        return listening != null ? "the paused copy here is exposed at " + listening.address() + ", " + kind()
                : wasWritten() ? "the copy here was written while it was paused; those chunks are sent too when it is resumed" : "";
    }
}
