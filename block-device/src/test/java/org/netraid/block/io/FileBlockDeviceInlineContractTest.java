/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

class FileBlockDeviceInlineContractTest extends FileBlockDeviceContract {

    FileBlockDeviceInlineContractTest() {
        super(FileDeviceOptions.DEFAULT.withMode(FileDeviceOptions.Mode.INLINE));
    }
}
