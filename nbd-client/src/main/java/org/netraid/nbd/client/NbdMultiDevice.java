/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;

/**
 * One export over several connections. Comes from {@link MultiConnector}. All on one event loop.
 *
 * <p>Each request goes to the connection with the fewest in flight; there is no order between requests, as on a single one. A FLUSH goes
 * over one connection and covers the modifications completed before on all of them: that is what CAN_MULTI_CONN promises, and without it
 * there is only one connection.
 *
 * <p>It lives as long as all its connections: when one is lost the others are given up, since nobody could tell which of the
 * requests in flight have been carried out. Every request is completed exactly once, as by {@link NbdClientDevice}.
 */
public final class NbdMultiDevice implements BlockDevice {

    private final List<NbdClientDevice> members;
    private final Set<BlockCapability> capabilities;
    private int living;
    private String endReason = "";
    private int next;

    /** @param members at least one, open */
    NbdMultiDevice(List<NbdClientDevice> members) {
        this.members = List.copyOf(members);
        this.living = members.size();
        EnumSet<BlockCapability> all = EnumSet.noneOf(BlockCapability.class);
        all.addAll(members.get(0).capabilities());
        // each connection orders only what it carries itself
        all.remove(BlockCapability.BARRIER);
        this.capabilities = Collections.unmodifiableSet(all);
    }

    /** Connections, living or not. */
    public int connections() {
        return members.size();
    }

    /** What the server said about the export, on every connection alike. */
    public NbdExport export() {
        return members.get(0).export();
    }

    /** Data of all writes so far, if compression is on; else 0. */
    public long dataBytes() {
        return members.stream().mapToLong(NbdClientDevice::dataBytes).sum();
    }

    /** What of {@link #dataBytes} went over the wire. */
    public long wireBytes() {
        return members.stream().mapToLong(NbdClientDevice::wireBytes).sum();
    }

    @Override
    public String name() {
        return members.get(0).name();
    }

    @Override
    public BlockGeometry geometry() {
        return members.get(0).geometry();
    }

    @Override
    public Set<BlockCapability> capabilities() {
        return capabilities;
    }

    /** False once nothing more can be asked of this device. */
    public boolean isOpen() {
        return members.get(0).isOpen();
    }

    @Override
    public void submit(BlockRequest request) {
        NbdClientDevice best = null;
        for (int i = 0; i < members.size(); i++) {
            NbdClientDevice member = members.get((next + i) % members.size());
            if (best == null || member.requestsInFlight() < best.requestsInFlight()) {
                best = member;
            }
        }
        next = (next + 1) % members.size();
        best.submit(request);
    }

    @Override
    public void close(Runnable closed) {
        CountingDown all = new CountingDown(closed);
        members.forEach(member -> member.close(all));
    }

    @Override
    public void abort(String reason, Runnable closed) {
        CountingDown all = new CountingDown(closed);
        members.forEach(member -> member.abort(reason, all));
    }

    /** A connection has ended. @return true if it was the last one */
    boolean onMemberEnded(NbdClientDevice ended, String reason) {
        living--;
        endReason = endReason.isEmpty() ? reason : endReason;
        for (NbdClientDevice member : members) {
            if (member != ended) {
                member.abort("another connection of this device has ended: " + reason, () -> { });
            }
        }
        return living == 0;
    }

    /** Why the first of the connections ended. */
    String endReason() {
        return endReason;
    }

    /** Runs something when the last of the connections has ended. */
    private final class CountingDown implements Runnable {
        private final Runnable closed;
        private int left = members.size();

        CountingDown(Runnable closed) {
            this.closed = closed;
        }

        @Override
        public void run() {
            if (--left == 0) {
                closed.run();
            }
        }
    }
}
