/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.netraid.block.BlockDevice;
import org.netraid.block.StatusContext;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimDiskOptions;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimScheduler;

/** A server with a simulated disk under the names "disk" (default) and "ro". */
final class ServerRig implements ServerEvents {

    static final int SIZE_BYTES = (1 << 20) + 1000;

    final SimScheduler scheduler = new SimScheduler(1);
    final SimLoop loop = scheduler.loop("server");
    final SimDisk disk;
    final BlockDevice device;
    final Export export;
    final Export readOnly;
    final BufferPool pool;
    final NbdService service;
    final List<String> ended = new ArrayList<>();
    final List<String> opens = new ArrayList<>();
    /** Further maps of the export "disk". */
    final List<StatusContext> contexts = new ArrayList<>();
    private final int pieceBytes;

    ServerRig() {
        this(0, ServerLimits.DEFAULT, SimDiskOptions.ofSize(SIZE_BYTES));
    }

    ServerRig(int pieceBytes, ServerLimits limits, SimDiskOptions options) {
        this(pieceBytes, limits, options, BufferPool.LARGEST_BYTES);
    }

    ServerRig(int pieceBytes, ServerTls tls) {
        this(pieceBytes, ServerLimits.DEFAULT, SimDiskOptions.ofSize(SIZE_BYTES), BufferPool.LARGEST_BYTES, tls);
    }

    ServerRig(int pieceBytes, ServerLimits limits, SimDiskOptions options, long poolBytes) {
        this(pieceBytes, limits, options, poolBytes, ServerTls.OFF);
    }

    /** With TLS, "ro" is for TLS only. */
    private ServerRig(int pieceBytes, ServerLimits limits, SimDiskOptions options, long poolBytes, ServerTls tls) {
        this.pieceBytes = pieceBytes;
        disk = new SimDisk(scheduler, "disk", options);
        device = disk.attach(loop);
        export = new Export("disk", "a simulated disk", device, false, () -> contexts);
        readOnly = new Export("ro", "", device, true).withTlsOnly(tls.mode() != ServerTls.Mode.OFF);
        pool = new BufferPool(poolBytes);
        FixedExports fixed = new FixedExports(List.of(export, readOnly));
        ExportTable table = new ExportTable() {
            @Override
            public List<Export> listed() {
                return fixed.listed();
            }

            @Override
            public Export find(String name, String peer) {
                return fixed.find(name, peer);
            }

            @Override
            public void onOpened(Export opened, NbdServerSession session) {
                opens.add("+" + opened.name());
            }

            @Override
            public void onClosed(Export closed, NbdServerSession session) {
                opens.add("-" + closed.name());
            }
        };
        service = new NbdService(loop, table, limits, pool, this, tls);
        service.offer(Set.of());
    }

    @Override
    public void onEnded(String peer, String reason) {
        ended.add(reason);
    }

    WireClient connect() {
        return new WireClient(scheduler, loop, service, pieceBytes);
    }

    static byte[] pattern(int length, int seed) {
        byte[] bytes = new byte[length];
        new java.util.Random(seed).nextBytes(bytes);
        return bytes;
    }
}
