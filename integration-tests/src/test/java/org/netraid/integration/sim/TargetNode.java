/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import java.util.ArrayList;
import java.util.List;

import org.netraid.block.BlockCommand;
import org.netraid.block.BlockDevice;
import org.netraid.link.LinkAddress;
import org.netraid.link.LinkFactory;
import org.netraid.nbd.server.BufferPool;
import org.netraid.nbd.server.Export;
import org.netraid.nbd.server.ExportTable;
import org.netraid.nbd.server.NbdService;
import org.netraid.nbd.server.ServerEvents;
import org.netraid.nbd.server.ServerLimits;
import org.netraid.sim.CrashMode;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimNetwork;
import org.netraid.sim.SimScheduler;

/** One target: a disk that outlives it, its durable mark, and either an NBD server or direct sessions. */
final class TargetNode {

    static final int PORT = 10809;
    private static final long MEMORY_BYTES = 64L << 20;

    final int slot;
    final String name;
    final SimDisk disk;
    final long maxDelayNs;
    private final SimScheduler scheduler;
    private final SimNetwork network;
    private final boolean nbd;
    private final List<DirectSession> sessions = new ArrayList<>();
    private SimLoop loop;
    private BlockDevice device;
    /** Kept from life to life: it takes long to clear. */
    private BufferPool memory;
    private int lives;
    /** Durable: this copy is being overwritten and must not be promoted. */
    boolean inconsistent;
    /** Durable: whose data this copy is, if it is consistent. */
    long generation;
    /** It has lost power or its process since the source last connected to it, which the source may not know. */
    boolean crashedUnnoticed;
    /** Replies to this command do not leave the target, those to others do; null for none. */
    BlockCommand heldReplies;

    TargetNode(SimScheduler scheduler, SimNetwork network, int slot, SimSettings settings) {
        this.scheduler = scheduler;
        this.network = network;
        this.slot = slot;
        this.name = "target" + slot;
        this.nbd = settings.isNbd(slot);
        this.maxDelayNs = settings.maxDelayNs();
        this.disk = new SimDisk(scheduler, name + ".disk", settings.diskOptions(scheduler.random(name + ".options"),
                nbd ? settings.targetBlockBytes() : 512));
    }

    boolean isUp() {
        return loop != null;
    }

    boolean isNbd() {
        return nbd;
    }

    SimLoop loop() {
        return loop;
    }

    BlockDevice device() {
        return device;
    }

    LinkAddress address() {
        return LinkAddress.tcp(name, PORT);
    }

    boolean isCutOff() {
        return network.isCut(SourceNode.NAME, name) || network.isCut(name, SourceNode.NAME);
    }

    void boot() {
        lives++;
        loop = scheduler.loop(name + "#" + lives);
        device = disk.attach(loop);
        LinkFactory links = network.node(name, loop);
        if (nbd) {
            OneSessionExport exports = new OneSessionExport(new Export("mirror", "", device, false));
            if (memory == null || memory.inUseBytes() > 0) {
                memory = new BufferPool(MEMORY_BYTES); // what a killed life has left in use nobody gives back
            }
            NbdService service = new NbdService(loop, exports, ServerLimits.DEFAULT, memory, ServerEvents.NONE);
            exports.service = service;
            links.listen(address(), service::accept, listening -> { }, reason -> {
                throw new IllegalStateException(name + " cannot listen: " + reason);
            });
        }
    }

    /** @param told false: the source notices by its timeouts only */
    void crash(CrashMode mode, boolean told) {
        loop.kill();
        loop = null;
        device = null;
        if (told) {
            network.kill(name);
        } else {
            network.vanish(name);
        }
        disk.crash(mode);
        crashedUnnoticed = true;
        for (DirectSession session : new ArrayList<>(sessions)) {
            session.targetDied(told);
        }
        sessions.clear();
    }

    /** True if a direct session can begin: no older one is alive or has something under way. */
    boolean isFree() {
        sessions.removeIf(session -> session.isDead() && !session.isBusy());
        return sessions.isEmpty();
    }

    void add(DirectSession session) {
        sessions.add(session);
    }

    /** The source is gone: its sessions are dead for it, what it has sent may still land. */
    void sourceDied() {
        for (DirectSession session : sessions) {
            session.sourceDied();
        }
    }

    /** Ends every session, as an NBD server that is told to. */
    void disconnect() {
        network.resetAll(SourceNode.NAME, name);
        for (DirectSession session : new ArrayList<>(sessions)) {
            session.fail("connection reset");
        }
    }

    void releaseReplies() {
        heldReplies = null;
        new ArrayList<>(sessions).forEach(DirectSession::releaseHeld);
    }

    void healed() {
        for (DirectSession session : new ArrayList<>(sessions)) {
            session.resume();
        }
    }

    /**
     * Finds the export only while no older session is left on it, running requests included: else a write of a dead connection could land
     * after the resync of the next one.
     */
    private static final class OneSessionExport implements ExportTable {
        private final Export export;
        private NbdService service;

        OneSessionExport(Export export) {
            this.export = export;
        }

        @Override
        public List<Export> listed() {
            return List.of(export);
        }

        @Override
        public Export find(String exportName, String peer) {
            return service.connections(export) == 0 ? export : null;
        }
    }
}
