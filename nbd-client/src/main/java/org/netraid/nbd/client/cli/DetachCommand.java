/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.netraid.nbd.kernel.io.KernelException;
import org.netraid.nbd.kernel.io.KernelNbd;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code nbd-client detach /dev/nbdN}: takes a block device of the kernel away from its server. */
@Command(name = "detach", mixinStandardHelpOptions = true,
        description = "Takes a block device of the kernel's nbd driver away from its server. Unmount it first. Needs root.")
final class DetachCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "DEVICE", description = "/dev/nbdN")
    private String device;
    @Option(names = "--ioctl", description = "Use the older interface of kernels before 4.12.")
    private boolean ioctl;

    @Override
    public Integer call() {
        KernelDevice named = KernelDevice.parse(device);
        try {
            int family = ioctl ? -1 : KernelNbd.family();
            if (family >= 0) {
                KernelNbd.detach(family, named.index());
            } else if (Files.exists(Path.of(named.path()))) {
                KernelNbd.detachByIoctl(named.path());
            } else {
                throw KernelNbd.noDriver(named.path());
            }
        } catch (KernelException e) {
            throw new CliFailure(e.getMessage());
        }
        return 0;
    }
}
