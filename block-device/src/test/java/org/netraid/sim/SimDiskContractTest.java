/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.BooleanSupplier;

import org.netraid.block.BlockDevice;
import org.netraid.block.BlockGeometry;
import org.netraid.sim.contract.BlockDeviceContract;

class SimDiskContractTest extends BlockDeviceContract {

    private final SimScheduler sim = new SimScheduler(11);

    @Override
    protected BlockDevice open() {
        SimDiskOptions options = SimDiskOptions.ofSize(1 << 20)
                .withGeometry(new BlockGeometry(1 << 20, 512, 4096, 1 << 20));
        return new SimDisk(sim, "disk", options).attach(sim.loop("a"));
    }

    @Override
    protected void onLoop(Runnable task) {
        task.run();
    }

    @Override
    protected void until(BooleanSupplier condition) {
        assertThat(sim.runUntil(condition, 100_000)).isTrue();
    }
}
