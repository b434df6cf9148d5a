/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

class FileBlockDeviceDirectContractTest extends FileBlockDeviceContract {

    FileBlockDeviceDirectContractTest() {
        super(FileDeviceOptions.DEFAULT.withDirect());
    }
}
