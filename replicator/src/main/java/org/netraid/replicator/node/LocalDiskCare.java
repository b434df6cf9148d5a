/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.Optional;
import java.util.function.Consumer;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.intentlog.IntentWaiter;
import org.netraid.mirror.LocalErrorPolicy;
import org.netraid.mirror.LocalMarker;
import org.netraid.mirror.LocalState;
import org.netraid.mirror.Mirror;
import org.netraid.mirror.MirrorListener;
import org.netraid.mirror.MirrorState;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.state.DiskState;

/**
 * The source's own disk when it fails: records durably that its copy is worth nothing any more, says so, and brings a new or repaired disk
 * back in ({@code attach}). A restart in between finds the disk FAILED, and the decision table keeps the node out of service (G14).
 */
final class LocalDiskCare implements LocalMarker, MirrorListener {

    private final VolumeAgent agent;
    private final Mirror mirror;
    private final String diskPath;

    LocalDiskCare(VolumeAgent agent, Mirror mirror, String diskPath) {
        this.agent = agent;
        this.mirror = mirror;
        this.diskPath = diskPath;
    }

    @Override
    public void markFailed(String why, IntentWaiter done) {
        record(DiskState.FAILED, done);
    }

    @Override
    public void markWhole(IntentWaiter done) {
        record(DiskState.UP_TO_DATE, done);
    }

    private void record(DiskState state, IntentWaiter done) {
        boolean written = agent.write(agent.record().with().diskState(state).build());
        agent.context().loop().execute(() -> done.onIntent(written ? BlockError.NONE : BlockError.EIO));
    }

    @Override
    public void localDetached(String why) {
        agent.event("G14: the local disk has failed and is given up: " + why
                + ". Reads and writes go on with the targets that are in sync. "
                + "Replace or repair it, then: mirror_action TAG attach; or move the mirror: mirror_action TAG switchover NODE");
        agent.changed();
    }

    @Override
    public void localAttached() {
        agent.event("the local disk has everything again and serves");
        agent.changed();
    }

    CommandResult setPolicy(MirrorCommand command) {
        Optional<LocalErrorPolicy> policy = command.options().stream().findFirst().flatMap(LocalErrorPolicy::ofWord);
        if (policy.isEmpty()) {
            return CommandResult.failed(ExitCode.USAGE, "", "on-io-error needs one of detach, pass_on, stop");
        }
        mirror.onLocalError(policy.get(), this);
        agent.event("on_io_error is " + policy.get().word() + " until the mirror is started anew");
        return CommandResult.done("an error of the local disk of " + agent.node() + " leads to " + policy.get().word()
                + " from now on, until the mirror is started anew; the configuration says "
                + agent.config().upkeep().onIoError().word());
    }

    /** Answers when the filling has begun. */
    void attach(Consumer<CommandResult> result) {
        if (mirror.localState() == LocalState.ATTACHED && mirror.state() == MirrorState.FAILED) {
            result.accept(CommandResult.refused("", "the local disk of " + agent.node() + " is in use, but "
                    + mirror.snapshot().failure()));
            return;
        }
        if (mirror.localState() == LocalState.ATTACHED) {
            result.accept(CommandResult.done("the local disk of " + agent.node() + " is in use"));
            return;
        }
        agent.beginTransition("attaching the local disk");
        Optional<String> refusal = mirror.releaseLocal(() -> agent.context().env.disks().openDisk(diskPath, device -> fill(device, result),
                error -> end(result, CommandResult.failed(ExitCode.DEVICE_ERROR, "", error, "the targets go on serving"))));
        refusal.ifPresent(why -> end(result, CommandResult.refused("", why)));
    }

    private void fill(BlockDevice device, Consumer<CommandResult> result) {
        Optional<String> refusal = mirror.attachLocal(device, this::filled);
        if (refusal.isPresent()) {
            device.close(() -> end(result, CommandResult.refused("", refusal.get())));
            return;
        }
        agent.knownDisk().accept();
        agent.event("the local disk is being filled from the targets");
        end(result, CommandResult.done(diskPath + " is being filled; mirror_status " + agent.tag() + " shows how far it is"));
    }

    private void end(Consumer<CommandResult> result, CommandResult outcome) {
        agent.endTransition();
        result.accept(outcome);
    }

    private void filled(BlockError error, String detail) {
        if (error.isError()) {
            agent.event(detail + "; the targets go on serving. Mend that, then: mirror_action TAG attach");
            agent.changed();
        }
    }
}
