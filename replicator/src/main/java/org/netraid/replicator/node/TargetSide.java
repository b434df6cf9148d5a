/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.netraid.block.BlockDevice;
import org.netraid.nbd.server.Export;

/**
 * This node's disk while it belongs to a source on another node: open, and served to that source under names good for one connection.
 * Before a new source gets a name, the connection of the one before is cut and the last of its requests has ended.
 */
final class TargetSide {

    private final NodeContext context;
    private final String tag;
    private final String diskPath;
    private final TargetUndo undo;
    private final TargetRegions regions;
    private final PausedExport exposure;
    private final List<Runnable> whenCut = new ArrayList<>();
    /** As sources get it: with the memory of recent writes and the undo journal before it. */
    private BlockDevice disk;
    private BlockDevice rawDisk;
    private Export export;
    private boolean connected;
    private String source = "";

    TargetSide(NodeContext context, String tag, String diskPath, TargetUndo undo, TargetRegions regions, PausedExport exposure) {
        this.context = context;
        this.tag = tag;
        this.diskPath = diskPath;
        this.undo = undo;
        this.regions = regions;
        this.exposure = exposure;
    }

    /** The node whose connection is served or awaited; "" if none. */
    String source() {
        return source;
    }

    boolean isConnected() {
        return connected;
    }

    /** Cuts the source off, and whoever reads the paused copy. @param done runs when no request of its is left, perhaps inside this call */
    void cut(String reason, Runnable done) {
        exposure.end(() -> cutSource(reason, done));
    }

    private void cutSource(String reason, Runnable done) {
        source = "";
        if (export == null) {
            done.run();
            return;
        }
        context.tokens.withdraw(export);
        if (!connected) {
            export = null;
            done.run();
            return;
        }
        whenCut.add(done);
        context.targetService.cut(export, reason);
    }

    /**
     * Opens the disk if it is not open.
     *
     * @param opened gets "" or what failed
     */
    void openDisk(Consumer<String> opened) {
        if (disk != null) {
            opened.accept("");
            return;
        }
        context.env.disks().openDisk(diskPath, device -> {
            disk = regions.wrap(undo.wrap(device));
            rawDisk = device;
            opened.accept("");
        }, opened);
    }

    BlockDevice disk() {
        return disk;
    }

    /** Hands the open disk over, null if it is not open; cut first. */
    void takeDisk(Consumer<BlockDevice> taker) {
        BlockDevice taken = rawDisk;
        disk = null;
        rawDisk = null;
        regions.detach(() -> undo.detach(() -> taker.accept(taken)));
    }

    /**
     * Offers the open disk to a source.
     *
     * @param generation in which the source writes; nobody else may use the name
     * @return the name to ask for
     */
    String offer(String sourceNode, long generation) {
        source = sourceNode;
        Export offered = new Export(tag + "/" + String.format("%016x%016x", context.newId(), context.newId()), "", disk, false)
                .inGeneration(generation);
        export = offered;
        context.tokens.offer(offered, new TokenExports.Owner() {
            @Override
            public void opened() {
                connected = connected || export == offered;
            }

            @Override
            public void closed() {
                if (export == offered) {
                    onClosed();
                }
            }
        });
        return offered.name();
    }

    private void onClosed() {
        export = null;
        connected = false;
        undo.noteUnfollowed();
        List<Runnable> told = new ArrayList<>(whenCut);
        whenCut.clear();
        told.forEach(Runnable::run);
    }

    /** Cuts the source off and closes the disk. */
    void close(Runnable done) {
        cut("the node leaves the mirror", () -> takeDisk(taken -> {
            if (taken == null) {
                done.run();
            } else {
                taken.close(done);
            }
        }));
    }
}
