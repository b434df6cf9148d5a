/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.block.BlockDevice;
import org.netraid.sim.contract.BlockDeviceContract;

class FileBlockDeviceDirectContractTest extends BlockDeviceContract {

    @TempDir
    Path folder;

    private final RealLoop real = new RealLoop();

    @Override
    protected BlockDevice open() throws Exception {
        return FileBlockDevice.open(folder.resolve("disk"), FileDeviceOptions.DEFAULT.withCreateBytes(1 << 20)
                .withDirect(), real.loop, real.workers);
    }

    @Override
    protected void onLoop(Runnable task) throws Exception {
        real.run(task);
    }

    @Override
    protected void until(BooleanSupplier condition) {
        real.until(condition);
    }

    @Override
    protected void tearDown() {
        real.close();
    }
}
