/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.link.LinkAddress;
import org.netraid.nbd.server.BufferPool;
import org.netraid.nbd.server.Export;
import org.netraid.nbd.server.FixedExports;
import org.netraid.nbd.server.NbdService;
import org.netraid.nbd.server.ServerEvents;
import org.netraid.nbd.server.ServerLimits;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimDiskOptions;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimNetwork;
import org.netraid.sim.SimScheduler;

/** Several connections to our server: flushes that cover all of them, and one end for all. */
class NbdMultiDeviceTest implements MultiConnector.Listener {

    private static final LinkAddress ADDRESS = LinkAddress.tcp("server", 10809);
    private static final int SIZE = 1 << 20;

    private final SimScheduler scheduler = new SimScheduler(18);
    private final SimNetwork network = new SimNetwork(scheduler);
    private final SimLoop clientLoop = scheduler.loop("client");
    private final SimLoop serverLoop = scheduler.loop("server");
    private final List<String> told = new ArrayList<>();
    private SimDisk disk;
    private NbdService service;
    private MultiConnector connector;
    private NbdMultiDevice device;

    NbdMultiDevice connect(int connections, ServerLimits limits, SimDiskOptions options) {
        start(connections, limits, options);
        until(() -> device != null || !told.isEmpty());
        return device;
    }

    private void start(int connections, ServerLimits limits, SimDiskOptions options) {
        disk = new SimDisk(scheduler, "disk", options);
        service = new NbdService(serverLoop, new FixedExports(List.of(new Export("disk", "", disk.attach(serverLoop), false))), limits,
                new BufferPool(64 << 20), ServerEvents.NONE);
        network.node("server", serverLoop).listen(ADDRESS, service::accept, bound -> { }, failed -> {
            throw new AssertionError(failed);
        });
        scheduler.runUntilIdle(100);
        connector = MultiConnector.connect(new NbdConnector(network.node("client", clientLoop), clientLoop, NbdClientConfig.defaults()),
                new NbdTarget(ADDRESS, "disk"), connections, this);
    }

    @Override
    public void onConnected(NbdMultiDevice connected) {
        device = connected;
        told.add("connected");
    }

    @Override
    public void onConnectFailed(String reason) {
        told.add("failed: " + reason);
    }

    @Override
    public void onDisconnected(String reason) {
        told.add("disconnected: " + reason);
    }

    void until(BooleanSupplier condition) {
        assertThat(scheduler.runUntil(condition, 1_000_000)).isTrue();
    }

    private BlockError run(BlockRequest request, boolean[] done) {
        device.submit(request);
        until(() -> done[0]);
        return request.error();
    }

    @Test
    void shouldUseEveryConnection() {
        connect(4, ServerLimits.DEFAULT, SimDiskOptions.ofSize(SIZE));
        assertThat(device.connections()).isEqualTo(4);
        assertThat(service.connections()).isEqualTo(4);
        disk.fault().on(BlockCommand.READ).hang();
        int[] completed = new int[1];
        for (int i = 0; i < 8; i++) {
            device.submit(new BlockRequest().read(i * 4096L, ByteBuffer.allocate(4096), ended -> completed[0]++));
        }
        until(() -> disk.hungCount() == 8);
        disk.clearFaults();
        disk.releaseHung();
        until(() -> completed[0] == 8);
    }

    @Test
    void shouldMakeWritesOfAllConnectionsDurableWithOneFlush() {
        connect(4, ServerLimits.DEFAULT, SimDiskOptions.ofSize(SIZE));
        int[] written = new int[1];
        for (int i = 0; i < 40; i++) {
            device.submit(new BlockRequest().write(i * 4096L, ByteBuffer.allocate(4096).put(0, (byte) 1), 0, ended -> written[0]++));
        }
        until(() -> written[0] == 40);
        assertThat(disk.unflushedCount()).isPositive();
        boolean[] done = new boolean[1];
        assertThat(run(new BlockRequest().flush(ended -> done[0] = true), done)).isEqualTo(BlockError.NONE);
        assertThat(disk.flushes()).isEqualTo(1);
        assertThat(disk.hasUnflushed(0, 40 * 4096)).isFalse();
    }

    @Test
    void shouldUseOneConnectionWhenTheServerPromisesNothingForSeveral() {
        Set<BlockCapability> without = EnumSet.of(BlockCapability.FLUSH, BlockCapability.FUA);
        connect(4, ServerLimits.DEFAULT, SimDiskOptions.ofSize(SIZE).withCapabilities(without));
        assertThat(device.connections()).isEqualTo(1);
    }

    @Test
    void shouldUseFewerConnectionsWhenTheServerTakesNoMore() {
        connect(4, ServerLimits.DEFAULT.withMaxConnections(2), SimDiskOptions.ofSize(SIZE));
        assertThat(device.connections()).isEqualTo(2);
        assertThat(told).containsExactly("connected");
    }

    @Test
    void p15ShouldEndEveryRequestOnceAndTellOnceWhenOneConnectionIsLost() {
        connect(3, ServerLimits.DEFAULT, SimDiskOptions.ofSize(SIZE));
        disk.fault().on(BlockCommand.WRITE).hang();
        int[] completions = new int[30];
        BlockError[] errors = new BlockError[30];
        for (int i = 0; i < 30; i++) {
            int index = i;
            device.submit(new BlockRequest().write(i * 4096L, ByteBuffer.allocate(4096), 0, ended -> {
                completions[index]++;
                errors[index] = ended.error();
            }));
        }
        until(() -> disk.hungCount() == 30);
        network.connections().get(1).reset();
        until(() -> told.size() == 2);
        assertThat(told.get(1)).startsWith("disconnected: ");
        assertThat(completions).containsOnly(1);
        assertThat(errors).containsOnly(BlockError.EIO);
        assertThat(device.isOpen()).isFalse();
        boolean[] done = new boolean[1];
        assertThat(run(new BlockRequest().read(0, ByteBuffer.allocate(512), ended -> done[0] = true), done)).isEqualTo(BlockError.EIO);
        disk.clearFaults();
        disk.releaseHung();
        scheduler.runFor(60_000_000_000L);
        assertThat(told).hasSize(2);
        assertThat(service.connections()).isZero();
    }

    @Test
    void shouldTellOnceWhenItIsGivenUpAtAnyMoment() {
        for (int steps = 0; steps < 120; steps++) {
            told.clear();
            device = null;
            NbdMultiDeviceTest each = new NbdMultiDeviceTest();
            each.start(4, ServerLimits.DEFAULT, SimDiskOptions.ofSize(SIZE));
            int[] left = {steps};
            each.scheduler.runUntil(() -> left[0]-- <= 0, 1_000_000);
            each.connector.abort("no longer wanted");
            each.scheduler.runFor(60_000_000_000L);
            String last = each.told.get(each.told.size() - 1);
            assertThat(each.told).as("after " + steps + " steps").hasSize(each.device == null ? 1 : 2);
            assertThat(last).startsWith(each.device == null ? "failed: " : "disconnected: ");
            assertThat(each.service.connections()).isZero();
        }
    }

    @Test
    void shouldFailWhenTheFirstConnectionCannotBeHad() {
        connector = MultiConnector.connect(new NbdConnector(network.node("client", clientLoop), clientLoop, NbdClientConfig.defaults()),
                new NbdTarget(ADDRESS, "disk"), 4, this);
        until(() -> !told.isEmpty());
        assertThat(told.get(0)).startsWith("failed: ");
        assertThat(told).hasSize(1);
    }
}
