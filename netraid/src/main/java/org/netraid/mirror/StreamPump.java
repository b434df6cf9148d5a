/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.block.BlockCommand;
import org.netraid.fault.FaultPoints;

/** Sends queued writes to their targets. An epoch waits for the answers of the one before, or goes behind a barrier where one is kept. */
final class StreamPump {

    private final Mirror mirror;
    private final LegStreams streams;
    private final StreamJournal journal;
    private final boolean sendNextEpochEarly;
    /** A barrier that fails has lost its target, of which everybody is told anyway. */
    private final DeviceOpOwner barriers = new DeviceOpOwner() {
        @Override
        public void onOpDone(DeviceOp op) {
        }

        @Override
        public void onOpLost(DeviceOp op) {
        }
    };

    StreamPump(Mirror mirror, LegStreams streams, StreamJournal journal, FaultPoints faults) {
        this.mirror = mirror;
        this.streams = streams;
        this.journal = journal;
        this.sendNextEpochEarly = faults.isArmed("send-next-epoch-early");
    }

    /** Sends what may be sent to one target: epoch by epoch, as far as its window has room. */
    void pump(Leg leg) {
        LegStream stream = streams.stream(leg.slot);
        boolean narrow = mirror.catchUps.isHolding(leg.slot);
        while (!stream.queue.isEmpty() && stream.hasRoom(narrow)) {
            LaggingWrite write = stream.queue.peekFirst();
            boolean isNextEpoch = stream.inFlight > 0 && write.epoch != stream.sentEpoch && !sendNextEpochEarly;
            if (isNextEpoch && (!leg.channel.keepsOrder() || stream.partedInFlight > 0)) {
                return;
            }
            boolean isInJournalOnly = write.command == BlockCommand.WRITE && write.payload == null;
            Payload payload = isInJournalOnly ? journal.readBack(write, leg) : write.payload;
            if (isInJournalOnly && payload == null) {
                return;
            }
            if (isNextEpoch) {
                leg.channel.barrier(barriers);
            }
            stream.queue.removeFirst();
            stream.sentEpoch = write.epoch;
            stream.inFlight++;
            stream.inFlightBytes += write.lengthBytes;
            stream.partedInFlight += leg.channel.goesWhole(write.command, write.lengthBytes) ? 0 : 1;
            journal.onSent(leg.slot, write);
            if (isInJournalOnly) {
                leg.channel.write(write, write.offsetBytes, (int) write.lengthBytes, write.flags, payload, 0);
                payload.release();
            } else if (write.command == BlockCommand.WRITE) {
                leg.channel.write(write, write.offsetBytes, (int) write.lengthBytes, write.flags, payload, write.payloadStart);
            } else {
                leg.channel.zero(write, write.offsetBytes, write.lengthBytes, write.flags);
            }
        }
    }

    /** Sends what has waited for memory to be read back into. */
    void pumpStarved() {
        for (int rest = journal.takeStarved() & streams.backlogMask(); rest != 0; rest &= rest - 1) {
            pump(mirror.legs.leg(Integer.numberOfTrailingZeros(rest)));
        }
    }
}
