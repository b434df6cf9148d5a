/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.cli;

import org.netraid.replicator.control.MirrorStatus;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.control.TargetStatus;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.Role;

/** Exit status of {@code mirror_status}, in order of severity: the worst of what is shown wins. */
enum StatusExit {
    IN_SYNC(0),
    PAUSED(11),
    RESYNCING(10),
    OUT_OF_SYNC(12),
    BLOCKED(13);

    private final int status;

    StatusExit(int status) {
        this.status = status;
    }

    int status() {
        return status;
    }

    StatusExit worse(StatusExit other) {
        return other.ordinal() > ordinal() ? other : this;
    }

    static StatusExit of(MirrorStatus mirror) {
        if (mirror.role() == Role.BLOCKED) {
            return BLOCKED;
        }
        if (mirror.role() != Role.SOURCE) {
            return ofLocalCopy(mirror);
        }
        StatusExit worst = mirror.logFailure().isEmpty() && mirror.io().localLost().isEmpty() ? IN_SYNC : OUT_OF_SYNC;
        for (TargetStatus target : mirror.targets()) {
            worst = worst.worse(of(target.state()));
        }
        return worst;
    }

    private static StatusExit ofLocalCopy(MirrorStatus mirror) {
        if (mirror.role() != Role.TARGET || mirror.sourceNode().isEmpty()) {
            return OUT_OF_SYNC;
        }
        if (mirror.diskState() == DiskState.UP_TO_DATE) {
            return IN_SYNC;
        }
        return mirror.diskState() == DiskState.INCONSISTENT ? RESYNCING : OUT_OF_SYNC;
    }

    private static StatusExit of(TargetState state) {
        return switch (state) {
            case IN_SYNC -> IN_SYNC;
            case PAUSED -> PAUSED;
            case RESYNCING -> RESYNCING;
            case SPLIT_BRAIN -> BLOCKED;
            default -> OUT_OF_SYNC;
        };
    }
}
