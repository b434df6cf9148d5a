/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Base64;
import java.util.function.BiConsumer;
import org.netraid.block.BlockDevice;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.DiskIntentLog;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.IntentLogConfig;
import org.netraid.intentlog.IntentLogLayout;
import org.netraid.intentlog.SlotState;
import org.netraid.replicator.node.RegionFile.Worth;
import org.netraid.replicator.peer.PeerEvents;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.store.StateFolderException;

/**
 * This node's memory of recent writes as a target: opened before a source gets the disk, aged as the source says, and given to the source
 * after that one, so that survivors need not wait for a dead source.
 *
 * <p>Two copies of targets can differ only where one of them was told to write since both had everything flushed, or where the source knew
 * one of them to lack something. The first both remember themselves; the second the source tells ({@link Worth#WHOLE}).
 */
final class TargetRegions implements RegionDevice.Owner {

    private final VolumeAgent agent;
    private final RegionFile file;
    private final boolean enabled;
    private Worth worth = Worth.NONE;
    private RegionDevice device;
    private BlockDevice logDevice;
    private RegionLog log;
    /** Of the last mark; what belongs to another one comes too late. */
    private long mark = -1;

    TargetRegions(VolumeAgent agent, boolean enabled) {
        this.agent = agent;
        this.enabled = enabled;
        this.file = new RegionFile(agent.context().env.folder(), agent.tag());
    }

    // ---- the disk

    /** The disk as it is served to sources. */
    BlockDevice wrap(BlockDevice disk) {
        device = new RegionDevice(disk, agent.context().loop(), this, agent.context().env.faults().isArmed("forget-regions"));
        return device;
    }

    /** The disk is closed, or used in another way. */
    void detach(Runnable done) {
        device = null;
        closeLog(done);
    }

    private void closeLog(Runnable done) {
        RegionLog open = log;
        BlockDevice opened = logDevice;
        log = null;
        logDevice = null;
        mark = -1;
        if (device != null) {
            device.remember(null);
        }
        if (opened == null) {
            done.run();
        } else if (open == null) {
            opened.close(done);
        } else {
            open.close(() -> opened.close(done));
        }
    }

    // ---- a source comes

    /**
     * A source is about to get the disk. Afterwards everything it writes is remembered, if that is possible at all.
     *
     * @param anew what is remembered from before is of no use: everything will be sent, or this node was source itself
     */
    void prepare(MirrorRecord source, boolean anew, Runnable then) {
        if (!enabled || device == null) {
            noMore("");
            closeLog(then);
            return;
        }
        worth = file.read(source.mirrorId());
        boolean fits = log != null && log.failure().isEmpty() && log.sizeBytes() == source.sizeBytes()
                && log.chunkBytes() == source.chunkBytes();
        if (fits && !anew && worth != Worth.NONE) {
            settle(worth == Worth.WHOLE ? Worth.KEPT : worth, source.mirrorId());
            mark = -1;
            then.run();
            return;
        }
        closeLog(() -> open(source, anew || worth == Worth.NONE, then));
    }

    private void open(MirrorRecord source, boolean anew, Runnable then) {
        openLog(agent, source, anew, (opened, detail) -> {
            if (opened != null) {
                logDevice = opened.device();
                log = new RegionLog(opened.log());
            }
            if (opened == null || device == null) {
                // The disk may have been taken away while the log was being opened: then nobody else closes it.
                noMore(detail);
                closeLog(then);
                return;
            }
            device.remember(log);
            boolean lost = anew || opened.log().recovery().kind() == IntentLog.Recovery.Kind.LOST
                    || opened.log().recovery().kind() == IntentLog.Recovery.Kind.CREATED;
            settle(lost ? Worth.BEGUN : worth == Worth.WHOLE ? Worth.KEPT : worth, source.mirrorId());
            then.run();
        });
    }

    /** An open log and its device. */
    record Opened(DiskIntentLog log, BlockDevice device) {
    }

    /** Opens the log of a node's memory, with its slot in use. @param opened gets the log, or null and why not */
    static void openLog(VolumeAgent agent, MirrorRecord mirror, boolean anew, BiConsumer<Opened, String> opened) {
        int room = SourceLog.room(agent.config().intentLog(), mirror.sizeBytes());
        String problem = IntentLogLayout.problem(mirror.sizeBytes(), mirror.chunkBytes(), room);
        if (problem != null) {
            opened.accept(null, problem);
            return;
        }
        // Age is what the source says here, not the time.
        IntentLogConfig config = SourceLog.geometry(agent, mirror.mirrorId(), mirror.sizeBytes(), mirror.chunkBytes()).withCoolAfterNs(0);
        agent.context().env.disks().openRegionLog(agent.tag(), config.layout().sizeBytes(), device -> {
            boolean[] answered = {false};
            DiskIntentLog.Opened ready = (log, error) -> {
                if (answered[0]) {
                    return;
                }
                answered[0] = true;
                if (log == null) {
                    device.close(() -> opened.accept(null, error));
                } else if (log.slotState(0) != SlotState.UNUSED) {
                    opened.accept(new Opened(log, device), "");
                } else {
                    log.setSlot(0, "regions", SlotState.TRACKING, durable -> {
                        if (durable.isError()) {
                            device.close(() -> opened.accept(null, log.failure()));
                        } else {
                            opened.accept(new Opened(log, device), "");
                        }
                    });
                }
            };
            if (anew) {
                DiskIntentLog.create(device, config, agent.context().loop(), FaultPoints.NONE, ready);
            } else {
                DiskIntentLog.open(device, config, agent.context().loop(), FaultPoints.NONE, ready);
            }
        }, error -> opened.accept(null, error));
    }

    private void settle(Worth next, long mirrorId) {
        if (next == worth && file.read(mirrorId) == next) {
            return;
        }
        try {
            file.write(next, mirrorId);
            worth = next;
        } catch (StateFolderException e) {
            worth = Worth.NONE;
            agent.event(e.getMessage());
        }
    }

    /** @return false if it could not be made durable */
    private boolean noMore(String reason) {
        if (!reason.isEmpty()) {
            agent.event("recent writes are not remembered here (" + reason + "): if the source dies, another survivor must wait for it");
        }
        worth = Worth.NONE;
        try {
            file.write(Worth.NONE, 0);
            return true;
        } catch (StateFolderException e) {
            agent.event(e.getMessage());
            return false;
        }
    }

    @Override
    public boolean giveUp(String reason) {
        if (!noMore(reason)) {
            return false;
        }
        if (device != null) {
            device.remember(null);
        }
        agent.context().loop().execute(() -> closeLog(() -> { }));
        return true;
    }

    /** Everything will be sent by the source: what was remembered says no more what this copy has and others lack. */
    void beginAnew() {
        if (worth != Worth.NONE) {
            settle(Worth.BEGUN, agent.record().mirrorId());
        }
    }

    // ---- what the source says

    void onMark(JsonNode body, PeerEvents.Answer answer) {
        ObjectNode reply = PeerMessages.object(agent.tag()).put("worth", worth.name());
        if (log != null && worth != Worth.NONE) {
            mark = body.path("mark").asLong();
            log.mark();
        }
        answer.ok(reply);
    }

    void onSettle(JsonNode body, PeerEvents.Answer answer) {
        if (log == null || worth == Worth.NONE || mark != body.path("mark").asLong(-1)) {
            answer.ok(PeerMessages.object(agent.tag()));
            return;
        }
        mark = -1;
        if (body.path("everyone").asBoolean()) {
            log.forget();
            settle(Worth.WHOLE, agent.record().mirrorId());
        } else if (worth != Worth.WHOLE) {
            RegionLog into = log;
            byte[] map = decode(body.path("map"));
            boolean refused = map.length == 0 || into.add(map, error -> {
                if (!error.isError() && log == into && worth != Worth.NONE) {
                    settle(Worth.WHOLE, agent.record().mirrorId());
                }
            }).isError();
            if (refused) {
                agent.event("what others lack could not be taken over from the source");
            }
        }
        answer.ok(PeerMessages.object(agent.tag()));
    }

    static byte[] decode(JsonNode map) {
        try {
            return map.isTextual() ? Base64.getDecoder().decode(map.asText()) : new byte[0];
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }

    /** For a source that takes over from another: what this copy got and it may lack; null if that is not known. */
    String forSource() {
        if (log == null || worth.compareTo(Worth.KEPT) < 0 || !log.failure().isEmpty()) {
            return null;
        }
        byte[] map = log.map();
        return map.length <= TargetRequests.MAX_DIRTY_MAP_BYTES ? Base64.getEncoder().encodeToString(map) : null;
    }

    boolean isRemembering() {
        return log != null && device != null && worth != Worth.NONE;
    }

    /** True if what is remembered is worth keeping when it is opened again. */
    boolean isUseful() {
        return enabled && file.read(agent.record().mirrorId()) != Worth.NONE;
    }

    /** What is remembered now, whatever it is worth; null if nothing is. */
    byte[] map() {
        return log == null ? null : log.map();
    }

    /** True if this node, having been a target of this mirror, knows all that another survivor may lack. */
    boolean isWhole() {
        return enabled && file.read(agent.record().mirrorId()) == Worth.WHOLE;
    }

    /** For {@code explain}; "" if there is nothing to say. */
    String explanation() {
        return log == null ? "" : switch (worth) {
            case NONE -> "";
            case BEGUN, KEPT -> "recent writes are remembered: " + log.chunks() + " chunks; not yet all that other targets may lack";
            case WHOLE -> "recent writes are remembered: " + log.chunks()
                    + " chunks; without the source, other targets would need only those";
        };
    }
}
