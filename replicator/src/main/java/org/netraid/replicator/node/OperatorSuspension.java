/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.netraid.block.BlockError;
import org.netraid.mirror.IoReason;
import org.netraid.mirror.Mirror;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.time.EventLoop;

/**
 * {@code suspend-io} and {@code resume-io}: an operator holds the application's modifications for a snapshot. The daemon itself ends it
 * after a time, so that a script that dies in between holds the application up no longer than it said it would.
 */
final class OperatorSuspension {

    static final long DEFAULT_SECONDS = 60;
    static final long MAX_SECONDS = 3600;
    private static final long SECOND_NS = 1_000_000_000L;

    private final VolumeAgent agent;
    private final Mirror mirror;
    private final EventLoop loop;
    private EventLoop.Timer limit;
    private long endsNs;
    /** Who has not been told yet that the consistent point is reached. */
    private final List<Consumer<CommandResult>> waiting = new ArrayList<>();

    OperatorSuspension(VolumeAgent agent, Mirror mirror) {
        this.agent = agent;
        this.mirror = mirror;
        this.loop = agent.context().loop();
    }

    boolean isActive() {
        return limit != null;
    }

    /** Seconds until it ends by itself; -1 if there is none. */
    long secondsLeft() {
        return isActive() ? Math.max(0, (endsNs - loop.nanoTime() + SECOND_NS - 1) / SECOND_NS) : -1;
    }

    /** Answers at the consistent point, or when the time is over before it is reached. Given again it begins the time anew. */
    void suspend(MirrorCommand command, Consumer<CommandResult> result) {
        long seconds = command.number(MirrorCommand.FOR);
        seconds = seconds < 0 ? DEFAULT_SECONDS : seconds;
        if (seconds < 1 || seconds > MAX_SECONDS) {
            result.accept(CommandResult.failed(ExitCode.USAGE, "", "suspend-io is possible for 1 to " + MAX_SECONDS + " seconds, not "
                    + seconds));
            return;
        }
        if (isActive()) {
            limit.cancel();
        }
        endsNs = loop.nanoTime() + seconds * SECOND_NS;
        limit = loop.schedule(seconds * SECOND_NS, () -> end("its time is over"));
        waiting.add(result);
        mirror.suspend(IoReason.OPERATOR, "an operator has suspended it", (error, detail) -> {
            if (waiting.remove(result)) {
                atPoint(result, error, detail);
            }
        });
        agent.event("modifications are suspended by an operator for at most " + seconds + " s");
        agent.changed();
    }

    private void atPoint(Consumer<CommandResult> result, BlockError error, String detail) {
        if (error.isError()) {
            end("it could not be flushed");
            result.accept(CommandResult.failed(ExitCode.DEVICE_ERROR, "", "the mirror could not be flushed: " + detail,
                    agent.tag() + " goes on"));
            return;
        }
        result.accept(CommandResult.done(agent.tag() + " is suspended: what was acknowledged is flushed on the local disk and the targets "
                + "of protocol C, nothing is being written, writes wait; reads go on",
                "it ends by itself in " + secondsLeft() + " s; before: mirror_action " + agent.tag() + " resume-io"));
    }

    CommandResult resume() {
        if (!isActive()) {
            return CommandResult.done(agent.tag() + " is not suspended by an operator");
        }
        end("an operator has resumed it");
        return CommandResult.done(agent.tag() + (mirror.ioReasons().isEmpty() ? " goes on"
                : " is not held by an operator any more; it still waits: " + String.join("; ", mirror.ioReasons().values())));
    }

    /** Lets the modifications go on, as far as it depends on the operator. */
    void end(String why) {
        if (!isActive()) {
            return;
        }
        limit.cancel();
        limit = null;
        mirror.resume(IoReason.OPERATOR);
        agent.event("the operator's suspension has ended: " + why);
        agent.changed();
        List<Consumer<CommandResult>> late = List.copyOf(waiting);
        waiting.clear();
        late.forEach(result -> result.accept(CommandResult.failed(ExitCode.TIMEOUT, "", "the suspension ended before what was being "
                + "written had ended: " + why, agent.tag() + " goes on; to wait longer: --for SECONDS; what is slow: mirror_status "
                + agent.tag())));
    }
}
