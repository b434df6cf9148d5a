/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

class FileBlockDeviceWorkersContractTest extends FileBlockDeviceContract {

    FileBlockDeviceWorkersContractTest() {
        super(FileDeviceOptions.DEFAULT.withMode(FileDeviceOptions.Mode.WORKERS));
    }
}
