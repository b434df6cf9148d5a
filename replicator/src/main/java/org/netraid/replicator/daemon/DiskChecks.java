/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.daemon;

import java.nio.file.Path;
import org.netraid.block.io.DeviceOpenException;
import org.netraid.block.io.DiskWorkers;
import org.netraid.block.io.FileBlockDevice;
import org.netraid.block.io.FileDeviceOptions;
import org.netraid.link.io.NettyRuntime;
import org.netraid.replicator.config.ClusterConfig;
import org.netraid.replicator.config.MemberConfig;
import org.netraid.replicator.config.MirrorConfig;
import org.netraid.replicator.config.NodeConfig;
import org.netraid.replicator.io.Units;

/**
 * Looks at this node's disks before anything is started: a typing error in a path must not end in half a daemon. Opens them for reading and
 * not exclusively, so that {@code --check} also works beside a running daemon.
 */
final class DiskChecks {

    private DiskChecks() {
    }

    static void check(ClusterConfig config, NodeConfig node) throws DaemonFailure {
        FileDeviceOptions readOnly = FileDeviceOptions.DEFAULT.withReadOnly(true).withExclusive(false);
        try (NettyRuntime runtime = new NettyRuntime("netraid-check", 1, problem -> { });
                DiskWorkers workers = new DiskWorkers("netraid-check-disk", 1)) {
            for (MirrorConfig mirror : config.mirrorsOf(node.name())) {
                MemberConfig member = mirror.member(node.name()).orElseThrow();
                try {
                    FileBlockDevice disk = FileBlockDevice.open(Path.of(member.disk()), readOnly, runtime.loop(0), workers);
                    checkSize(mirror, member, disk.geometry().sizeBytes());
                    runtime.loop(0).execute(() -> disk.close(() -> { }));
                } catch (DeviceOpenException e) {
                    throw new DaemonFailure("mirror " + mirror.tag() + ": " + e.getMessage());
                }
            }
        }
    }

    private static void checkSize(MirrorConfig mirror, MemberConfig member, long sizeBytes) throws DaemonFailure {
        if (sizeBytes == 0) {
            throw new DaemonFailure("mirror " + mirror.tag() + ": disk " + member.disk() + " is empty (0 bytes)");
        }
        if (sizeBytes < mirror.sizeBytes()) {
            throw new DaemonFailure("mirror " + mirror.tag() + ": disk " + member.disk() + " has " + sizeBytes + " bytes ("
                    + Units.ofBytes(sizeBytes) + "), the mirror is to have " + mirror.sizeBytes() + " (" + Units.ofBytes(mirror.sizeBytes())
                    + "); give it a larger disk or set a smaller size");
        }
    }
}
