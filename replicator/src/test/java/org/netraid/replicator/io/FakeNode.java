/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.io;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.MirrorEvent;
import org.netraid.replicator.control.IoStatus;
import org.netraid.replicator.control.MirrorStatus;
import org.netraid.replicator.control.QuorumStatus;
import org.netraid.replicator.control.ReplicationStatus;
import org.netraid.replicator.control.NodeControl;
import org.netraid.replicator.control.NodeStatus;
import org.netraid.replicator.control.PeerStatus;
import org.netraid.replicator.control.ResyncStatus;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.control.TargetStatus;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.Role;

/** A node whose answers a test sets. Thread-safe, as tests set them from outside the loop. */
public final class FakeNode implements NodeControl {

    public final List<MirrorCommand> commands = new ArrayList<>();
    public volatile Function<MirrorCommand, CommandResult> onCommand = command -> CommandResult.done("did " + command.action());
    private final Map<String, MirrorStatus> mirrors = new LinkedHashMap<>();
    private final List<MirrorEvent> events = new ArrayList<>();
    private final List<Consumer<MirrorEvent>> listeners = new ArrayList<>();

    @Override
    public synchronized void execute(MirrorCommand command, Consumer<CommandResult> result) {
        commands.add(command);
        result.accept(onCommand.apply(command));
    }

    @Override
    public synchronized NodeStatus status() {
        return new NodeStatus("adam", "127.0.0.1:7800", "127.0.0.1:7801",
                List.of(new PeerStatus("eve", "127.0.0.1:7810", false, "connection refused")), List.copyOf(mirrors.values()));
    }

    @Override
    public synchronized Optional<MirrorStatus> status(String tag) {
        return Optional.ofNullable(mirrors.get(tag));
    }

    @Override
    public synchronized List<MirrorEvent> events(long afterId) {
        return events.stream().filter(event -> event.id() > afterId).toList();
    }

    @Override
    public synchronized Runnable onEvent(Consumer<MirrorEvent> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    public synchronized void happen(String text) {
        MirrorEvent event = new MirrorEvent(events.size() + 1, 1_700_000_000_000L, "data", text);
        events.add(event);
        List.copyOf(listeners).forEach(listener -> listener.accept(event));
    }

    public synchronized int listenerCount() {
        return listeners.size();
    }

    public synchronized void put(MirrorStatus status) {
        mirrors.put(status.tag(), status);
    }

    public static MirrorStatus source(TargetStatus... targets) {
        return mirror(Role.SOURCE, DiskState.UP_TO_DATE, "Source", "", targets);
    }

    public static MirrorStatus mirror(Role role, DiskState disk, String words, String blockedRule, TargetStatus... targets) {
        return new MirrorStatus("data", "adam", true, role, disk, words, "Resyncing", role == Role.SOURCE ? "adam" : "eve", "1a2b",
                role == Role.SOURCE, role == Role.SOURCE ? "" : "eve", false, 1 << 30, 64 << 10,
                role == Role.SOURCE ? "nbd+unix:///data?socket=/s/data.nbd" : "", blockedRule,
                blockedRule.isEmpty() ? "" : "eve cannot be reached", blockedRule.isEmpty() ? "" : "start eve, or force", "",
                "", ResyncStatus.NONE, List.of(targets), List.of(), IoStatus.NONE,
                org.netraid.replicator.control.JournalReport.NONE, org.netraid.replicator.control.UndoStatus.NONE, QuorumStatus.NONE);
    }

    /** A source that is cut off from both other votes. */
    public static MirrorStatus cutOff() {
        MirrorStatus s = source(target("eve", TargetState.UNKNOWN, 0));
        return new MirrorStatus(s.tag(), s.node(), s.created(), s.role(), s.diskState(), s.words(), s.mirrorWords(), s.sourceNode(),
                s.generation(), s.lastOwnerFlag(), s.sourceFlag(), s.dataCorruptFlag(), s.sizeBytes(), s.chunkBytes(), s.exportUri(),
                s.blockedRule(), s.blockedReason(), s.cure(), s.recoveryMessage(), s.logFailure(), s.resync(), s.targets(), s.verifies(),
                s.io(), s.journal(), s.undo(), new QuorumStatus("majority", 1, 2, 3, List.of("eve", "witness"), "witness",
                "no quorum for data: 1 of 3 votes, 2 are needed", false, "adam in generation 1a2b"));
    }

    public static TargetStatus target(String node, TargetState state, double percent) {
        boolean resyncing = state == TargetState.RESYNCING;
        long dirty = state == TargetState.IN_SYNC ? 0 : 160;
        return new TargetStatus(node, state, "Synchronous", resyncing ? "partial" : "", state != TargetState.UNKNOWN, dirty, dirty << 16,
                percent, resyncing ? 5 << 20 : 0, resyncing ? 10 << 20 : 0, 0, resyncing ? 1_610_752 : 0, resyncing ? 4 : -1,
                state == TargetState.UNKNOWN ? "connection reset" : "", "127.0.0.1:7811", resyncing ? 5 << 20 : 0, 0,
                resyncing ? 1 : 0, resyncing ? 1 << 20 : 0, "",
                new ReplicationStatus("C", "done when written by the target", 0, 0, 0, false, false, 0, 0, null));
    }
}
