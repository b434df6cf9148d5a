/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.api;

import java.util.List;
import java.util.function.Consumer;
import org.netraid.block.BlockDevice;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.MirrorStatus;

/**
 * A mirror of a node in this process.
 *
 * <p><b>Threads.</b> Every method may be called from any thread but as noted. Completions of requests and all listeners run on the
 * node's event loop: they must not block, and may call every method that does not. A request and its buffer belong to the device from
 * {@link #submit} until the completion.
 *
 * <p>While the mirror is not in service here, requests end with ESHUTDOWN and the reason; a device object outlives any number of
 * takeovers. {@link #close} takes the mirrors out of service in order and ends the node; a process that simply dies is a crash, which
 * the other nodes know how to handle.
 */
public interface NetRaidDevice extends BlockDevice {

    /** As {@code mirror_action}: carries out a command, here or on the node it names. @param result called once, on the loop */
    void execute(MirrorCommand command, Consumer<CommandResult> result);

    /** As {@link #execute}, and waits for the result. Not on the loop. */
    CommandResult executeAndWait(MirrorCommand command) throws NetRaidException;

    /** As {@code mirror_status}. Not on the loop. */
    MirrorStatus status() throws NetRaidException;

    /** What the listeners were told last. */
    NetRaidState state();

    /**
     * Adds a listener. It hears the present state first, then every change.
     *
     * @return removes it
     */
    Runnable addListener(NetRaidListener listener);

    /** Tags of all mirrors of the node, for commands about them. */
    List<String> tags();

    /** Waits until the node has ended in order. Not on the loop. */
    void closeAndWait() throws NetRaidException;
}
