/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.model;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import org.netraid.replicator.decide.NodeFacts;
import org.netraid.replicator.state.Generations;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.PeerRecord;
import org.netraid.replicator.state.Role;

/** A state of the whole cluster: nodes, links between them, and what the oracle knows. News travel at once where a link is whole. */
final class World {

    static final long MIRROR = 1;
    static final long BYTES = 1 << 20;
    static final int CHUNK_BYTES = 64 << 10;

    final int size;
    final Member[] members;
    Oracle oracle;
    private int cuts;
    /** An operator has forced, or has started a node where a cluster manager that fences would not have. */
    boolean tainted;
    /** The second word was used: a mixture may pass for the newest copy. */
    boolean wild;
    /** That was done while another source was alive unseen: there are two lines of data now, each with a right of its own. */
    boolean forked;
    /** Who was in service last; -1 before the first. */
    int lastSource = -1;
    private List<String> story;

    World(int size, int chunks) {
        this.size = size;
        members = new Member[size];
        for (int i = 0; i < size; i++) {
            members[i] = new Member(String.valueOf((char) ('a' + i)));
        }
        oracle = new Oracle(size, chunks);
    }

    private World(World from) {
        size = from.size;
        members = new Member[size];
        for (int i = 0; i < size; i++) {
            members[i] = from.members[i].copy();
        }
        oracle = from.oracle.copy();
        cuts = from.cuts;
        tainted = from.tainted;
        wild = from.wild;
        forked = from.forked;
        lastSource = from.lastSource;
    }

    World copy() {
        return new World(this);
    }

    // ---- telling

    /** From now on, what happens is told. */
    World tellTo(List<String> lines) {
        story = lines;
        return this;
    }

    void tell(Supplier<String> line) {
        if (story != null) {
            story.add(line.get());
        }
    }

    String name(int node) {
        return members[node].name;
    }

    // ---- links

    private int bit(int one, int other) {
        int low = Math.min(one, other);
        int high = Math.max(one, other);
        return 1 << high * (high - 1) / 2 + low;
    }

    boolean isCut(int one, int other) {
        return (cuts & bit(one, other)) != 0;
    }

    void cut(int one, int other) {
        cuts |= bit(one, other);
    }

    void heal(int one, int other) {
        cuts &= ~bit(one, other);
    }

    /** Both are up and reach each other. */
    boolean reaches(int one, int other) {
        return members[one].up && members[other].up && !isCut(one, other);
    }

    boolean everybodyReaches(int node) {
        for (int other = 0; other < size; other++) {
            if (other != node && !reaches(node, other)) {
                return false;
            }
        }
        return true;
    }

    int indexOf(String node) {
        return node.isEmpty() ? -1 : node.charAt(0) - 'a';
    }

    // ---- what nodes know

    NodeFacts own(int node) {
        return new NodeFacts(members[node].name, true, members[node].role, members[node].record);
    }

    NodeFacts facts(int asking, int of) {
        return reaches(asking, of) ? own(of) : NodeFacts.unreachable(members[of].name);
    }

    List<NodeFacts> others(int node) {
        List<NodeFacts> facts = new ArrayList<>(size - 1);
        for (int other = 0; other < size; other++) {
            if (other != node) {
                facts.add(facts(node, other));
            }
        }
        return facts;
    }

    List<String> otherNames(int node) {
        List<String> names = new ArrayList<>(size - 1);
        for (int other = 0; other < size; other++) {
            if (other != node) {
                names.add(members[other].name);
            }
        }
        return names;
    }

    long newGeneration() {
        long newest = 0;
        for (Member member : members) {
            newest = Math.max(newest, Math.max(newest(member.record), newest(member.before)));
        }
        return newest + 1;
    }

    private static long newest(MirrorRecord record) {
        long newest = record.generations().current();
        for (long ancestor : record.generations().history()) {
            newest = Math.max(newest, ancestor);
        }
        for (PeerRecord peer : record.peers()) {
            newest = Math.max(newest, peer.bitmapGeneration());
        }
        return newest;
    }

    // ---- connections

    /** The two no longer have a connection, or one of them has given it up. */
    void dropLeg(int source, int target) {
        members[source].leg(target, Member.Leg.GONE);
    }

    /** Nothing of what was between the two is left: a link was cut, or a node has ended. */
    void part(int one, int other) {
        dropLeg(one, other);
        dropLeg(other, one);
        forget(members[one], other);
        forget(members[other], one);
    }

    private static void forget(Member member, int other) {
        if (member.promisedTo == other) {
            member.promisedTo = -1;
        }
        member.memory.without &= ~(1 << other);
        if (member.partner == other) {
            member.partner = -1;
            if (member.task == Member.Task.HANDING_OVER) {
                member.task = Member.Task.NONE;
            }
        }
    }

    void release(int promised) {
        for (Member member : members) {
            if (member.promisedTo == promised) {
                member.promisedTo = -1;
            }
        }
    }

    // ---- as numbers

    static int ints(int size) {
        return size * Member.INTS + 2;
    }

    void encode(Pool pool, int[] row) {
        new GenerationNames(this).apply();
        for (int i = 0; i < size; i++) {
            members[i].encode(pool.id(members[i].record), pool.id(members[i].before), row, i * Member.INTS);
        }
        row[size * Member.INTS] = pool.id(oracle.canonical());
        row[size * Member.INTS + 1] = cuts | lastSource + 1 << 22 | (tainted ? 1 << 26 : 0) | (wild ? 1 << 27 : 0)
                | (forked ? 1 << 28 : 0);
    }

    static World decode(int size, int chunks, Pool pool, int[] row) {
        World world = new World(size, chunks);
        for (int i = 0; i < size; i++) {
            int at = i * Member.INTS;
            world.members[i].decode(pool.record(row[at]), pool.record(row[at + Member.INTS - 1]), row, at);
        }
        world.oracle = Oracle.of(size, chunks, pool.oracle(row[size * Member.INTS]));
        int word = row[size * Member.INTS + 1];
        world.cuts = word & (1 << 22) - 1;
        world.lastSource = (word >>> 22 & 15) - 1;
        world.tainted = (word >>> 26 & 1) != 0;
        world.wild = (word >>> 27 & 1) != 0;
        world.forked = (word >>> 28 & 1) != 0;
        return world;
    }

    /** Same world, with small numbers again: for long walks. */
    void compact() {
        new GenerationNames(this).apply();
        oracle = Oracle.of(size, oracle.chunks, oracle.canonical());
    }

    static MirrorRecord sorted(MirrorRecord record, Generations generations, List<PeerRecord> peers) {
        peers.sort(Comparator.comparing(PeerRecord::node));
        return record.with().generations(generations).peers(peers).build();
    }

    /** Equal for equal worlds, as far as what goes on by itself can see. */
    List<String> prints() {
        List<String> prints = new ArrayList<>();
        int[] row = new int[Member.INTS];
        for (Member member : members) {
            member.encode(0, 0, row, 0);
            prints.add(member.record + " " + member.before + java.util.Arrays.toString(row));
        }
        return prints;
    }

    boolean anySource() {
        for (Member member : members) {
            if (member.up && member.role == Role.SOURCE) {
                return true;
            }
        }
        return false;
    }

    /** For people: each node in a line. */
    List<String> picture() {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            Member m = members[i];
            lines.add("  " + m.name + ": " + (m.up ? m.role.toString() : "down") + ", " + m.record.diskState() + ", generation "
                    + m.record.generations().current() + " of " + m.record.generations().history() + (m.record.lastOwner()
                    ? ", last_owner" : "") + (m.record.dataCorrupt() ? ", data_corrupt" : "") + ", content " + oracle.text(i)
                    + (oracle.hasEverything(i) ? "" : ", lacks acknowledged writes"));
        }
        return lines;
    }
}
