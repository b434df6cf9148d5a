/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.model;

import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.Role;

/** The guarantees, asked of the oracle. What decisions believe plays no part here. */
final class Checks {

    private Checks() {
    }

    /** G6 and the sum of all: without force there is one source at a time, and one copy that has everything. */
    static void world(World world) {
        if (world.tainted) {
            return;
        }
        int sources = 0;
        for (Member member : world.members) {
            sources += member.up && member.role == Role.SOURCE ? 1 : 0;
        }
        if (sources > 1) {
            throw new Violation("G6: two nodes are in service, and nobody has forced anything");
        }
        if (!world.oracle.anybodyHasEverything()) {
            throw new Violation("G6: no copy has all acknowledged writes any more");
        }
    }

    /** A node goes in service. */
    static void serves(World world, int node) {
        if ((world.oracle.mixed >>> node & 1) != 0 && !world.members[node].secondWord) {
            throw new Violation("G4: " + world.name(node) + " goes in service with a mixture of old and new data, without the second word");
        }
        if (!world.forked && !world.wild && !world.oracle.hasEverything(node) && world.oracle.anybodyHasEverything()) {
            throw new Violation("G6: " + world.name(node) + " goes in service without acknowledged writes that another copy has");
        }
    }

    /** The source takes a write. */
    static void writes(World world, int source) {
        if (!world.tainted && !world.oracle.hasEverything(source)) {
            throw new Violation("G6: " + world.name(source) + " accepts a write on top of old data");
        }
    }

    /**
     * A chunk of the target is about to be overwritten with the source's. Where an operator has made two lines of data, a copy that one
     * side had begun to fill is nobody's yet: its writes are lost only if that side has not got them.
     */
    static void overwrites(World world, int source, int target, int chunk) {
        boolean begun = world.forked && (world.oracle.unfinished >>> target & 1) != 0;
        if (begun ? world.oracle.wouldLoseTheOnly(source, target, chunk) : world.oracle.wouldLose(source, target, chunk)) {
            throw new Violation("G6: the resync from " + world.name(source) + " overwrites acknowledged writes that only "
                    + world.name(target) + " has, and no operator has chosen that");
        }
    }

    /** A source is given the disk of a target that another one, in service as both see, is filling. No operator has chosen that. */
    static void takes(World world, int source, int target) {
        int before = world.members[target].source;
        if (before < 0 || before == source || !world.members[before].isSource() || !world.members[before].leg(target).replicates()) {
            return;
        }
        for (int chunk = 0; chunk < world.oracle.chunks; chunk++) {
            if (world.oracle.wouldLose(source, before, chunk)) {
                throw new Violation("G6: " + world.name(source) + " takes " + world.name(target) + " away from " + world.name(before)
                        + ", which is in service and has acknowledged writes that " + world.name(source) + " lacks");
            }
        }
    }

    /** A resync has been taken back. */
    static void rolledBack(World world, int node) {
        if (!world.oracle.isAsBefore(node)) {
            throw new Violation("G4: the resync over " + world.name(node) + " is taken back, and the copy is not what it was before");
        }
    }

    /** It has recorded what the copy is worth now. It may lack what was written since; nobody may start it without knowing that. */
    static void isWorthAfterRollBack(World world, int node) {
        if (world.members[node].record.diskState() == DiskState.UP_TO_DATE && !world.oracle.hasEverything(node)) {
            throw new Violation("G6: " + world.name(node) + " was rolled back, lacks acknowledged writes, and passes for in sync");
        }
    }

    /** A chunk has been copied by a resync. */
    static void copied(World world, int target) {
        if (world.members[target].record.diskState() != DiskState.INCONSISTENT) {
            throw new Violation("G4: a resync overwrites " + world.name(target) + ", which does not know that it is inconsistent");
        }
    }

    /** The target has recorded that it has everything. */
    static void inSync(World world, int source, int target) {
        if (!world.oracle.equal(source, target)) {
            throw new Violation("G8: " + world.name(target) + " counts as in sync with " + world.name(source) + ", and they differ");
        }
    }
}
