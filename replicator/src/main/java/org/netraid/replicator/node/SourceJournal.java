/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.List;
import org.netraid.journal.AsyncJournal;
import org.netraid.mirror.Mirror;
import org.netraid.mirror.ReplicationProtocol;
import org.netraid.replicator.config.JournalSettings;
import org.netraid.replicator.state.PeerRecord;

/**
 * The journal of a source with asynchronous targets: opened before the first of them is connected, or when one becomes asynchronous. If it
 * cannot be opened, queues are in memory as long as this life lasts.
 */
final class SourceJournal {

    private final VolumeAgent agent;
    private final JournalSettings settings;
    private DiskOpener.Journals opened;
    private Mirror mirror;
    private boolean wanted;
    private boolean closed;

    SourceJournal(VolumeAgent agent) {
        this.agent = agent;
        this.settings = agent.config().targets().journal();
    }

    /**
     * Opens it, if the mirror needs one. What an earlier life has left is discarded otherwise: after a life without a journal nobody could
     * tell whether it still fits.
     */
    void open(List<TargetConnection> targets, Runnable ready) {
        if (settings.enabled() && targets.stream().anyMatch(target -> target.protocol() == ReplicationProtocol.A)) {
            open(ready);
        } else {
            agent.context().env.disks().discardJournal(agent.tag());
            ready.run();
        }
    }

    private void open(Runnable ready) {
        wanted = true;
        agent.context().env.disks().openJournal(agent.tag(), agent.record().mirrorId(), journals -> {
            opened = journals;
            journals.news().forEach(agent::event);
            if (closed) {
                close();
            } else {
                hand();
                ready.run();
            }
        }, error -> {
            agent.event(error + ". Queues of asynchronous targets are kept in memory; after a crash of this node they are resynced "
                    + "instead of replayed");
            ready.run();
        });
    }

    /** The mirror is there: it takes over the journals, and closes them. */
    void use(Mirror made) {
        mirror = made;
        generationChanged();
        hand();
    }

    private void hand() {
        if (mirror != null && opened != null) {
            mirror.useJournal(opened.journal(), opened.left(), settings.memoryBytes());
            opened = null;
        }
    }

    /** A target may have become asynchronous. */
    void protocolChanged(ReplicationProtocol protocol) {
        if (protocol == ReplicationProtocol.A && settings.enabled() && !wanted && !closed) {
            open(() -> { });
        }
    }

    void generationChanged() {
        if (mirror != null) {
            mirror.setGeneration(agent.record().generations().current());
        }
    }

    /** The generation of a plain NBD server's copy is what this node has noted of it. */
    long generationOf(PeerRecord foreign) {
        return foreign.bitmapGeneration() == 0 ? agent.record().generations().current() : foreign.bitmapGeneration();
    }

    /** No life of a mirror begins, or it ends before it has the journals. */
    void close() {
        closed = true;
        if (opened != null && mirror == null) {
            for (AsyncJournal journal : new AsyncJournal[] {opened.journal(), opened.left()}) {
                if (journal != null) {
                    journal.close();
                }
            }
            opened = null;
        }
    }
}
