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

/** The contract of every device, on a file and a real loop; a subclass chooses how the file is opened. */
abstract class FileBlockDeviceContract extends BlockDeviceContract {

    @TempDir
    Path folder;

    private final RealLoop real = new RealLoop();
    private final FileDeviceOptions options;

    FileBlockDeviceContract(FileDeviceOptions options) {
        this.options = options;
    }

    @Override
    protected BlockDevice open() throws Exception {
        return FileBlockDevice.open(folder.resolve("disk"), options.withCreateBytes(1 << 20), real.loop, real.workers);
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
