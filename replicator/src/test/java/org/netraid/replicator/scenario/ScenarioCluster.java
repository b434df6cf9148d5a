/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.scenario;

import java.util.Optional;
import java.util.function.Supplier;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.MirrorStatus;

/** What a scenario can do to a cluster. Node names are those of the scenario; chunks are 64 KiB; the mirror is called {@code data}. */
public interface ScenarioCluster extends AutoCloseable {

    /** Starts the daemons of these nodes, together, and waits until each knows its mirror. */
    void boot(String... nodes);

    /** kill -9 of the daemon. */
    void kill(String node);

    /** Ends the daemon in order. */
    void shutdown(String node);

    /** Drops every packet between two nodes, silently. */
    void cut(String one, String other);

    /** Drops every packet that goes from one node to another, and lets those of the way back pass. */
    void cutOneWay(String from, String to);

    /** Undoes every cut. */
    void heal();

    /** Writes a whole chunk with FUA where the mirror is in service. @return whether it was acknowledged as good */
    boolean write(String node, int chunk, int value);

    /** Writes whole chunks, from the first up to but not including the end. @return whether all were acknowledged as good */
    default boolean writeAll(String node, int first, int end, int value) {
        boolean good = true;
        for (int chunk = first; chunk < end; chunk++) {
            good &= write(node, chunk, value);
        }
        return good;
    }

    /** As {@link #write}, without waiting for its end. */
    void startWrite(String node, int chunk, int value);

    /** The first byte of a chunk on the node's disk. */
    int read(String node, int chunk);

    /** Whether the disks of two nodes have the same content. */
    boolean equal(String one, String other);

    /** {@code mirror_action data WORDS...} on a node. */
    CommandResult act(String node, String... words);

    /** What {@code mirror_status} shows on a node; empty while its daemon is down. */
    Optional<MirrorStatus> status(String node);

    /** Damages what a node's intent log holds; its daemon must be down. */
    void destroyIntentLog(String node);

    /** Puts another disk, of zeros, in the place of a node's; its daemon must be down. */
    void replaceDisk(String node);

    /**
     * Waits, with a deadline, until the supplier gives what is expected. With an empty expectation: until nothing changes any more.
     *
     * @return what it gave last
     */
    String settle(Supplier<String> actual, String expected);

    @Override
    void close();
}
