/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.nio.charset.StandardCharsets;
import org.netraid.replicator.state.Generations;
import org.netraid.store.StateFolder;
import org.netraid.store.StateFolderException;

/**
 * Which disk this node's copy is on: {@code <tag>_disk} (row D15). What is recorded of a copy says nothing of another disk that was put in
 * its place, which may be empty: it must not be served, nor pass for a copy that lacks a few chunks.
 */
final class KnownDisk {

    private final VolumeAgent agent;
    private final StateFolder folder;
    private final String name;
    private final String path;
    private String problem = "";

    KnownDisk(VolumeAgent agent, String path) {
        this.agent = agent;
        this.folder = agent.context().env.folder();
        this.name = agent.tag() + "_disk";
        this.path = path;
    }

    /** Why the disk is not that of this copy; "" if it is, or if nobody can tell. */
    String problem() {
        return problem;
    }

    /** Looks at it while nobody uses it. A copy from before this was noted is believed. */
    void look() {
        if (path.isEmpty() || !agent.record().created()) {
            problem = "";
            return;
        }
        String was = folder.read(name).map(bytes -> new String(bytes, StandardCharsets.UTF_8).trim()).orElse("");
        if (was.isEmpty()) {
            accept();
            return;
        }
        String is = agent.context().env.disks().identity(path);
        problem = is.isEmpty() || is.equals(was) ? "" : "the disk " + path + " of " + agent.node()
                + " is not the one that this copy was on (that was " + was + ", as " + folder.name() + "/" + name
                + " notes, this is " + is + ")";
    }

    /** From now on the copy is on the disk that is there. */
    void accept() {
        problem = "";
        if (path.isEmpty()) {
            return;
        }
        try {
            String is = agent.context().env.disks().mark(path, Generations.text(agent.context().newId()));
            if (!is.isEmpty()) {
                folder.write(name, (is + "\n").getBytes(StandardCharsets.UTF_8));
            } else if (folder.read(name).isPresent()) {
                folder.delete(name);
            }
        } catch (StateFolderException e) {
            agent.event(e.getMessage() + "; that the disk of " + agent.node() + " is replaced would not be noticed");
        }
    }
}
