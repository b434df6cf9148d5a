/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.util.ArrayList;
import java.util.List;
import org.netraid.block.BlockDevice;
import org.netraid.intentlog.IntentLog;

/**
 * A mirror at one moment, for status and metrics.
 *
 * @param tag the mirror's name
 * @param state what it does with requests
 * @param failure why it failed; "" unless the state is FAILED
 * @param refusal why modifications end with EIO now; ""
 * @param sizeBytes size of the mirrored device
 * @param chunkBytes bytes per dirty bit
 * @param localName the local disk
 * @param bytesRead since start
 * @param bytesWritten since start, zeros and trims included
 * @param flushes application flushes since start
 * @param engineFlushes flush rounds the engine has run since start, the application's included
 * @param localErrors failed commands of the local disk
 * @param lastLocalError text of the last one; ""
 * @param onLocalError what an error of the local disk leads to
 * @param localState how the local disk takes part
 * @param localLost why it was given up; "" while it is attached
 * @param refilledBytes how far the filling of a new local disk has come; -1 if none runs
 * @param requestsInWork requests being carried out
 * @param requestsQueued requests waiting for their turn
 * @param legs targets by slot
 */
public record MirrorSnapshot(String tag, MirrorState state, String failure, String refusal, long sizeBytes, int chunkBytes,
        String localName, long bytesRead, long bytesWritten, long flushes, long engineFlushes, long localErrors, String lastLocalError,
        LocalErrorPolicy onLocalError, LocalState localState, String localLost, long refilledBytes,
        int requestsInWork, int requestsQueued, List<LegSnapshot> legs) {

    static MirrorSnapshot of(Mirror mirror, BlockDevice local, IntentLog log, long nowNs) {
        List<LegSnapshot> members = new ArrayList<>();
        for (Leg leg : mirror.legs.all()) {
            if (leg.config != null) {
                members.add(LegSnapshot.of(leg, mirror.streams, log, nowNs));
            }
        }
        RequestFigures figures = mirror.walk.figures;
        LocalDisk disk = mirror.localDisk;
        return new MirrorSnapshot(mirror.name(), mirror.life.state(), mirror.life.failure(), mirror.life.refusal(),
                mirror.geometry().sizeBytes(), log.chunkBytes(), local.name(), figures.bytesRead, figures.bytesWritten, figures.flushes,
                mirror.rounds.rounds(), disk.errors(), disk.lastError(), disk.policy(), disk.state(), disk.lostWhy(),
                disk.refilledBytes(), mirror.walk.count(), mirror.admission.queued(), List.copyOf(members));
    }
}
