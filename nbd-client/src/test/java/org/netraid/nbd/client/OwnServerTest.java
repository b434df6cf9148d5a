/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockGeometry;
import org.netraid.link.LinkAddress;
import org.netraid.nbd.server.BufferPool;
import org.netraid.nbd.server.Export;
import org.netraid.nbd.server.FixedExports;
import org.netraid.nbd.server.NbdService;
import org.netraid.nbd.server.ServerEvents;
import org.netraid.nbd.server.ServerLimits;
import org.netraid.nbd.wire.Extension;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimDiskOptions;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimNetwork;
import org.netraid.sim.SimScheduler;
import org.netraid.sim.contract.BlockDeviceContract;

/** A simulated disk behind our server behind our client keeps the contract of a block device. */
class OwnServerTest extends BlockDeviceContract {

    private static final LinkAddress ADDRESS = LinkAddress.tcp("server", 10809);

    private final SimScheduler scheduler = new SimScheduler(17);
    private final SimNetwork network = new SimNetwork(scheduler);
    private final SimLoop clientLoop = scheduler.loop("client");
    private final SimLoop serverLoop = scheduler.loop("server");
    private NbdClientDevice device;

    @Override
    protected BlockDevice open() {
        SimDiskOptions options = SimDiskOptions.ofSize(1 << 20).withGeometry(new BlockGeometry(1 << 20, 512, 4096, 1 << 20));
        BlockDevice disk = new SimDisk(scheduler, "disk", options).attach(serverLoop);
        NbdService service = new NbdService(serverLoop, new FixedExports(List.of(new Export("disk", "", disk, false))),
                ServerLimits.DEFAULT, new BufferPool(64 << 20), new ServerEvents() { });
        network.node("server", serverLoop).listen(ADDRESS, service::accept, bound -> { }, failed -> {
            throw new AssertionError(failed);
        });
        scheduler.runUntilIdle(100);
        NbdConnector connector = new NbdConnector(network.node("client", clientLoop), clientLoop,
                NbdClientConfig.defaults().withHoles(true).withExtensions(Set.of(Extension.values())));
        connector.connect(new NbdTarget(ADDRESS, "disk"), new NbdConnectionListener() {
            @Override
            public void onConnected(NbdClientDevice connected) {
                device = connected;
            }

            @Override
            public void onConnectFailed(String reason) {
                throw new AssertionError(reason);
            }

            @Override
            public void onDisconnected(String reason) {
                // the contract closes it
            }
        });
        until(() -> device != null);
        assertThat(device.export().structuredReplies()).isTrue();
        assertThat(device.export().extendedHeaders()).isTrue();
        assertThat(device.export().blockSizesAdvertised()).isTrue();
        assertThat(Extension.values()).allMatch(device.export()::has);
        return device;
    }

    @Override
    protected void onLoop(Runnable task) {
        task.run();
    }

    @Override
    protected void until(BooleanSupplier condition) {
        assertThat(scheduler.runUntil(condition, 100_000)).isTrue();
    }
}
