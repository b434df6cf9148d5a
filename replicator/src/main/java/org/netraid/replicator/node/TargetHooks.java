/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The hooks around a resync on its target. {@code before-resync-target} is called once for each resync that begins: the source asks
 * again while it runs, and what it has answered counts until the resync has ended or its connection is gone.
 */
final class TargetHooks {

    private enum State { IDLE, RUNNING, PASSED }

    private final VolumeAgent agent;
    private final HookRunner hooks;
    private State state = State.IDLE;
    /** Grows with each connection: a late end of a hook of an earlier one means nothing. */
    private int epoch;

    TargetHooks(VolumeAgent agent) {
        this.agent = agent;
        this.hooks = agent.context().env.hooks();
    }

    static Map<String, String> environment(VolumeAgent agent, String peer) {
        Map<String, String> environment = new TreeMap<>();
        environment.put("NETRAID_TAG", agent.tag());
        environment.put("NETRAID_NODE", agent.node());
        environment.put("NETRAID_PEER", peer);
        environment.put("NETRAID_DISK", agent.config().member(agent.node()).orElseThrow().disk());
        return environment;
    }

    /** The connection to the source is new or gone. */
    void reset() {
        epoch++;
        state = State.IDLE;
    }

    /**
     * @param dirtyBytes what is to be overwritten
     * @param wait told what is waited for; the source asks again
     * @param stop told why there must be no resync
     */
    void before(String source, long dirtyBytes, Runnable goOn, Consumer<String> wait, Consumer<String> stop) {
        if (state == State.PASSED) {
            goOn.run();
            return;
        }
        if (state == State.RUNNING) {
            wait.accept("its hook " + HookRunner.BEFORE_RESYNC_TARGET + " is running");
            return;
        }
        state = State.RUNNING;
        int mine = epoch;
        Map<String, String> environment = environment(agent, source);
        environment.put("NETRAID_DIRTY_BYTES", Long.toString(dirtyBytes));
        hooks.run(HookRunner.BEFORE_RESYNC_TARGET, environment, result -> {
            if (mine != epoch) {
                wait.accept("the connection has changed");
                return;
            }
            state = result.isFailure() ? State.IDLE : State.PASSED;
            if (result.isFailure()) {
                agent.event("the resync from " + source + " is refused: " + result.failure());
                stop.accept(result.failure());
            } else {
                goOn.run();
            }
        });
    }

    void after(String source) {
        state = State.IDLE;
        Hooks.run(agent, HookRunner.AFTER_RESYNC_TARGET, environment(agent, source));
    }
}
