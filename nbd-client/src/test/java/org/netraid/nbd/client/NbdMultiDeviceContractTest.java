/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.util.function.BooleanSupplier;
import org.netraid.block.BlockDevice;
import org.netraid.nbd.server.ServerLimits;
import org.netraid.sim.SimDiskOptions;
import org.netraid.sim.contract.BlockDeviceContract;

/** A simulated disk behind our server behind four connections of our client keeps the contract of a block device. */
class NbdMultiDeviceContractTest extends BlockDeviceContract {

    private final NbdMultiDeviceTest rig = new NbdMultiDeviceTest();

    @Override
    protected BlockDevice open() {
        return rig.connect(4, ServerLimits.DEFAULT, SimDiskOptions.ofSize(1 << 20));
    }

    @Override
    protected void onLoop(Runnable task) {
        task.run();
    }

    @Override
    protected void until(BooleanSupplier condition) {
        rig.until(condition);
    }
}
