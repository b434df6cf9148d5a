/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.filter;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.BooleanSupplier;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockDevice;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimDiskOptions;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimScheduler;
import org.netraid.sim.contract.BlockDeviceContract;

/** The three filters, stacked, still keep the contract of the device behind them. */
class FilterContractTest extends BlockDeviceContract {

    private final SimScheduler sim = new SimScheduler(23);

    @Override
    protected BlockDevice open() {
        SimLoop loop = sim.loop("a");
        BlockDevice disk = new SimDisk(sim, "disk", SimDiskOptions.ofSize(1 << 20)).attach(loop);
        FaultDevice fault = new FaultDevice(disk, loop);
        fault.add(FaultRule.every(BlockCommand.READ).after(Long.MAX_VALUE));
        DelayDevice delay = new DelayDevice(new LogDevice(fault, loop, 10), loop);
        delay.setDelayNs(1_000_000);
        return delay;
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
