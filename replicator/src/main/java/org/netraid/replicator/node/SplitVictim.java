/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.netraid.block.BlockDevice;
import org.netraid.intentlog.format.DirtyMapCodec;
import org.netraid.replicator.decide.NodeFacts;
import org.netraid.replicator.decide.Relation;
import org.netraid.replicator.lost.LostHeader;
import org.netraid.replicator.lost.LostSaver;
import org.netraid.replicator.peer.PeerEvents;
import org.netraid.replicator.state.Generations;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.Role;
import org.roaringbitmap.RoaringBitmap;

/**
 * This node's copy is given up at the end of a split brain: it leaves service, saves what only it has, and says which chunks that are.
 * Asked again and again by the node whose copy is kept, until that is done; nothing is overwritten before that one asks for the disk.
 */
final class SplitVictim {

    private enum Step {
        NONE,
        WORKING,
        READY,
        FAILED
    }

    private final VolumeAgent agent;
    private Step step = Step.NONE;
    private String winner = "";
    private long winnerGeneration;
    private long ownGeneration;
    private ObjectNode maps;
    private long chunks;
    private String saved = "";
    private String problem = "";

    SplitVictim(VolumeAgent agent) {
        this.agent = agent;
    }

    void onGiveUp(NodeFacts from, JsonNode body, PeerEvents.Answer answer) {
        agent.report(from.node(), from);
        if (Relation.between(agent.node(), agent.record(), from.node(), from.record()) != Relation.SPLIT_BRAIN || !from.isInService()) {
            answer.error("there is no split brain between " + agent.node() + " and " + from.node() + " that " + from.node()
                    + ", in service, could end");
            return;
        }
        boolean same = winner.equals(from.node()) && winnerGeneration == from.record().generations().current()
                && ownGeneration == agent.record().generations().current();
        if (step == Step.NONE || !same) {
            if (!agent.transition().isEmpty()) {
                answer.error(agent.node() + " is busy " + agent.transition());
                return;
            }
            begin(from, body.path("save").asBoolean(true));
        }
        answer(answer);
    }

    private void answer(PeerEvents.Answer answer) {
        if (step == Step.FAILED) {
            step = Step.NONE;
            answer.error(problem);
            return;
        }
        ObjectNode reply = PeerMessages.object(agent.tag()).put("state", step.name()).put("saved", saved).put("chunks", chunks);
        if (step == Step.READY && maps != null) {
            reply.set("maps", maps);
        }
        answer.ok(reply);
    }

    private void begin(NodeFacts from, boolean save) {
        step = Step.WORKING;
        winner = from.node();
        winnerGeneration = from.record().generations().current();
        ownGeneration = agent.record().generations().current();
        maps = null;
        saved = "";
        agent.event("D19: this copy is given up for that of " + winner + ", as was chosen");
        if (agent.role() == Role.SOURCE) {
            agent.leaveService(false, left -> readLog(save));
        } else {
            readLog(save);
        }
    }

    private void readLog(boolean save) {
        agent.beginTransition("saving what only this node has");
        OwnMaps.read(agent, winner, found -> {
            maps = found;
            RoaringBitmap unique = unique(agent.record(), found);
            chunks = unique.getLongCardinality();
            long bytes = chunks * agent.record().chunkBytes();
            long most = agent.config().upkeep().splitBrain().maxSavedBytes();
            if (!save || unique.isEmpty()) {
                end("");
            } else if (bytes > most || chunks > LostHeader.MAX_CHUNKS) {
                end(agent.node() + " has " + bytes + " bytes that would be overwritten, and may save only " + most
                        + " (split_brain_save); nothing was overwritten; raise that, or give them up: mirror_action " + agent.tag()
                        + " resolve "
                        + winner + " " + agent.node() + " --do-not-save");
            } else {
                agent.target().openDisk(error -> {
                    if (error.isEmpty()) {
                        save(unique);
                    } else {
                        end(error);
                    }
                });
            }
        });
    }

    /** Chunks that only this node may have; all of them if its log does not tell. */
    private RoaringBitmap unique(MirrorRecord own, ObjectNode found) {
        byte[] map = found == null ? new byte[0] : TargetRegions.decode(found.path(winner));
        RoaringBitmap chunks = map.length == 0 ? null : DirtyMapCodec.decode(map, own.chunkBytes(), own.sizeBytes());
        return chunks != null ? chunks : RoaringBitmap.bitmapOfRange(0, (own.sizeBytes() + own.chunkBytes() - 1) / own.chunkBytes());
    }

    private void save(RoaringBitmap unique) {
        MirrorRecord own = agent.record();
        LostHeader header = new LostHeader(own.mirrorId(), own.sizeBytes(), own.chunkBytes(), (int) chunks, 0, agent.nowMillis(),
                ownGeneration,
                winnerGeneration, agent.node(), winner);
        String name = agent.tag() + ".lost-" + Generations.text(ownGeneration);
        agent.context().env.disks().openLostWrites(name, LostHeader.fileBytes(chunks, own.chunkBytes()), file -> {
            long[] numbers = unique.stream().mapToLong(Integer::toUnsignedLong).toArray();
            new LostSaver(agent.target().disk(), file, header, numbers, failure -> close(file, failure)).start();
        }, this::end);
    }

    private void close(BlockDevice file, String failure) {
        saved = failure.isEmpty() ? file.name() : "";
        file.close(() -> end(failure));
    }

    private void end(String failure) {
        problem = failure;
        step = failure.isEmpty() ? Step.READY : Step.FAILED;
        agent.event(!failure.isEmpty() ? "what only this node has could not be saved, and nothing is overwritten: " + failure
                : saved.isEmpty() ? "nothing had to be saved" : chunks + " chunks that only this node has are saved in " + saved);
        agent.endTransition();
    }
}
