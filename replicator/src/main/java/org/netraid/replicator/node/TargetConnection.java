/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.Set;
import org.netraid.block.BlockDevice;
import org.netraid.intentlog.SlotState;
import org.netraid.link.LinkAddress;
import org.netraid.mirror.LegState;
import org.netraid.mirror.ReplicationProtocol;
import org.netraid.mirror.TargetCopy;
import org.netraid.nbd.client.MultiConnector;
import org.netraid.nbd.client.NbdClientConfig;
import org.netraid.nbd.client.NbdClientDevice;
import org.netraid.nbd.client.NbdConnection;
import org.netraid.nbd.client.NbdConnectionListener;
import org.netraid.nbd.client.NbdMultiDevice;
import org.netraid.nbd.client.NbdTarget;
import org.netraid.nbd.wire.Extension;
import org.netraid.nbd.wire.NbdUri;
import org.netraid.replicator.config.MemberConfig;
import org.netraid.replicator.config.NodeConfig;
import org.netraid.replicator.decide.NodeFacts;
import org.netraid.replicator.decide.TargetPlan.Kind;
import org.netraid.replicator.decide.SourceRecords;
import org.netraid.replicator.decide.TargetPlan;
import org.netraid.replicator.decide.TargetPlans;
import org.netraid.replicator.peer.PeerReply;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.PeerRecord;

/**
 * The source's side of one target: asks the table what to do, asks the target's node for its disk, connects, and does so again after every
 * loss, with growing pauses.
 */
final class TargetConnection implements NbdConnectionListener {

    /** An attempt to connect, and what comes of it: one stream, or several to a foreign server. */
    private interface Line {
        boolean isUp();

        void abort(String reason);

        /** No request may wait longer for an answer. */
        default void limitPatience(long timeoutNs) {
        }
    }

    /** A connection that is lost sooner counts as a failed attempt: a target that flaps is tried again after growing pauses. */
    private static final long STABLE_NS = 10_000_000_000L;
    private static final long NEVER = Long.MIN_VALUE;

    private final SourceSide source;
    private final VolumeAgent agent;
    final MemberConfig member;
    final int slot;
    private TargetPlan plan;
    private boolean asking;
    private Line connection;
    private boolean consistent;
    private org.netraid.time.EventLoop.Timer retry;
    private int failures;
    private long connectedNs = NEVER;
    private String lastError = "";
    /** What the target has called its export this time; "" for a foreign one. */
    private String exportName = "";
    /** In which this node wrote when it asked for that name: the target has bound the export to it. */
    private long generation;
    /** Which the target's copy is of, as it says itself. */
    private long copyGeneration;
    private final CompressionTally compression;
    private boolean discard;
    /** Only what changed on either side needs to be sent then. */
    private boolean discardPartly;
    private boolean closed;
    private long stops;

    TargetConnection(SourceSide source, VolumeAgent agent, MemberConfig member, int slot) {
        this.source = source;
        this.agent = agent;
        this.member = member;
        this.slot = slot;
        this.compression = new CompressionTally(member.compression());
    }

    CompressionTally compression() {
        return compression;
    }

    String node() {
        return member.node();
    }

    TargetPlan plan() {
        return plan;
    }

    String lastError() {
        return lastError;
    }

    /** As an operator has set it, or as the configuration says. */
    ReplicationProtocol protocol() {
        String set = agent.record().peer(node()).protocol();
        return ReplicationProtocol.valueOf(set.isEmpty() ? member.protocol() : set);
    }

    boolean isConnected() {
        return connection != null && connection.isUp();
    }

    /** An operator has chosen to overwrite the target whatever it holds. */
    void discardTarget() {
        discard = true;
        hurry();
    }

    /** A split brain is ended: what changed on either side is sent, and the target gives up what it holds. */
    void discardChanges() {
        discardPartly = true;
        discardTarget();
    }

    /** Something about the target has changed: do not wait for the next attempt. */
    void hurry() {
        if (retry != null) {
            retry.cancel();
            retry = null;
        }
        failures = 0;
        evaluate();
    }

    /** The target's node refuses a resync for a reason that only an operator can remove. */
    void pauseBecause(String reason) {
        lastError = reason;
        agent.write(agent.record().with().peer(agent.record().peer(node()).withPaused(true)).build());
        source.mirror().pauseLeg(slot);
        agent.event("target " + node() + " is paused: " + reason + "; mend that, then: mirror_action " + agent.tag() + " resume "
                + agent.node() + " " + node());
    }

    /**
     * The target's node is silent on the peer channel, or is heard again. While it is silent a request waits for no more than a peer may
     * be silent, because a network that swallows heartbeats swallows answers as well; a target that does answer stays.
     */
    void nodeIsSilent(boolean silent) {
        if (isConnected()) {
            connection.limitPatience(silent ? agent.context().env.config().peers().deadNs() : Long.MAX_VALUE);
        }
    }

    /** Does the next step, if one is possible now. */
    void evaluate() {
        PeerRecord known = agent.record().peer(node());
        if (closed || asking || connection != null || retry != null || known.paused() || !known.member()) {
            return;
        }
        if (member.isForeign()) {
            connectForeign(known);
            return;
        }
        NodeFacts facts = agent.facts(node());
        if (!facts.reachable()) {
            plan = null;
            return;
        }
        TargetPlan next = discard && facts.role() != org.netraid.replicator.state.Role.SOURCE
                ? discardPartly ? new TargetPlan(Kind.PARTIAL, "D19", "the split brain is ended: " + node() + " gave up its copy", "")
                : TargetPlans.overwrite(agent.record(), node())
                : TargetPlans.plan(agent.ownFacts(), facts, source.log().slotState(slot), source.log().dirtyChunks(slot),
                        source.waitIsOver(), source.survivors().mayServe(node()));
        announce(next);
        if (next.kind() == Kind.MERGE_FIRST) {
            source.previousMaps().fetch(this);
        } else if (next.kind() == Kind.SPLIT_BRAIN) {
            source.resolver().found(this);
        } else if (next.kind().connects()) {
            ask(facts);
        }
    }

    private void announce(TargetPlan next) {
        if (plan == null || plan.kind() != next.kind() || !plan.rule().equals(next.rule())) {
            String amount = next.kind() == Kind.FULL ? "full resync: " : next.kind() == Kind.PARTIAL ? "partial resync: " : "";
            agent.event(next.rule() + ": target " + node() + ": " + amount + next.sentence() + (next.cure().isEmpty() ? "" : "; "
                    + agent.withTag(next.cure())));
        }
        plan = next;
    }

    private void ask(NodeFacts facts) {
        boolean resumes = facts.record().diskState() == DiskState.INCONSISTENT && facts.record().resyncSource().equals(agent.node())
                && source.log().slotState(slot) == SlotState.FULL_RESYNC;
        if (plan.kind() == Kind.FULL && (discard || !resumes)) {
            source.mirror().fullResync(slot);
        }
        asking = true;
        if (plan.kind() == Kind.NO_RESYNC) {
            // as soon as it has this generation it may pass for whole: no write may miss it unnoticed
            if (!source.generation().mayBecomeWhole(node())) {
                asking = false;
                failed("the state folder cannot be written");
                return;
            }
            source.guardedLog().arm();
        }
        copyGeneration = facts.record().generations().current();
        generation = agent.record().generations().current();
        ObjectNode body = agent.reportBody();
        body.put("kind", plan.kind().name()).put("discard", discard).put("regions", plan.isAmongSurvivors());
        agent.context().request(node(), PeerMessages.OPEN, body, this::onAnswer);
    }

    private void onAnswer(PeerReply reply) {
        if (reply.isOk() && !closed) {
            UndoneChunks.markTarget(source, this, reply.body(), () -> takeOverRegions(reply));
        } else {
            onReady(reply);
        }
    }

    private void takeOverRegions(PeerReply reply) {
        if (!plan.isAmongSurvivors()) {
            onReady(reply);
            return;
        }
        source.survivors().merge(source.log(), this, reply.body(), merged -> {
            if (merged) {
                onReady(reply);
            } else {
                asking = false;
                evaluate();
            }
        });
    }

    /** The target is durably bound to this source's resync: what it got from the one before is in the log here, for good. */
    void mergedFromSurvivors() {
        PeerRecord known = agent.record().peer(node());
        if (plan != null && plan.isAmongSurvivors() && known.needsMerge()) {
            agent.write(SourceRecords.mergedAmongSurvivors(agent.record(), node()));
        }
    }

    private void onReady(PeerReply reply) {
        asking = false;
        if (closed) {
            return;
        }
        if (!reply.isOk()) {
            failed(reply.error());
            return;
        }
        JsonNode body = reply.body();
        consistent = body.path("consistent").asBoolean();
        LinkAddress configured = agent.context().env.config().node(node()).map(NodeConfig::nbd).orElseThrow();
        LinkAddress address = configured.isUnix() || configured.port() != 0 ? configured
                : LinkAddress.tcp(configured.host(), body.path("port").asInt());
        exportName = body.path("export").asText();
        dial(new NbdTarget(address, exportName).withTls(agent.context().env.tls().toNode(node())));
    }

    private void connectForeign(PeerRecord known) {
        if (TargetPlans.waits(agent.record(), known, source.log().slotState(slot), source.waitIsOver())) {
            announce(new TargetPlan(Kind.WAIT_PREVIOUS_SOURCE, "D6", "only " + agent.record().previousSource()
                    + ", the source before, knows what it lacks", ""));
            return;
        }
        if (known.needsMerge() && source.log().slotState(slot) != SlotState.FULL_RESYNC) {
            source.mirror().fullResync(slot);
        }
        boolean full = source.log().slotState(slot) == SlotState.FULL_RESYNC;
        announce(new TargetPlan(full ? Kind.FULL : source.log().dirtyChunks(slot) == 0 ? Kind.NO_RESYNC : Kind.PARTIAL, full ? "D14"
                : "D13",
                "a plain NBD server: only this node knows what it lacks", ""));
        consistent = !known.inconsistent();
        copyGeneration = source.journal().generationOf(known);
        NbdUri uri = NbdUri.parse(member.uri());
        dial(NbdTarget.of(uri, agent.context().env.tls().toServer(uri)));
    }

    /** A one-time name admits to the target's disk: it has no place in messages. */
    String withoutToken(String reason) {
        return exportName.isEmpty() ? reason : reason.replace(exportName, agent.tag());
    }

    private void dial(NbdTarget target) {
        // a foreign server is never asked for what only ours has
        NbdClientConfig config = source.connector().config();
        NbdClientConfig ours = config.withExtensions(Set.of(Extension.values())).withCompression(member.compression())
                .withGeneration(generation);
        if (member.connections() > 1) {
            connection = severalTo(target);
            return;
        }
        NbdConnection single = source.connector().connect(target, member.isForeign() ? config : ours, this);
        connection = new Line() {
            @Override
            public boolean isUp() {
                return single.device() != null;
            }

            @Override
            public void abort(String reason) {
                single.abort(reason);
            }

            @Override
            public void limitPatience(long timeoutNs) {
                single.device().limitPatience(timeoutNs);
            }
        };
    }

    private Line severalTo(NbdTarget target) {
        MultiConnector several = MultiConnector.connect(source.connector(), target, member.connections(), new MultiConnector.Listener() {
            @Override
            public void onConnected(NbdMultiDevice device) {
                onDevice(device);
            }

            @Override
            public void onConnectFailed(String reason) {
                TargetConnection.this.onConnectFailed(reason);
            }

            @Override
            public void onDisconnected(String reason) {
                TargetConnection.this.onDisconnected(reason);
            }
        });
        return new Line() {
            @Override
            public boolean isUp() {
                return several.device() != null;
            }

            @Override
            public void abort(String reason) {
                several.abort(reason);
            }
        };
    }

    @Override
    public void onConnected(NbdClientDevice device) {
        compression.connection(device);
        onDevice(device);
    }

    private void onDevice(BlockDevice device) {
        if (closed) {
            device.close(() -> { });
            return;
        }
        // A foreign server knows nothing; any other takes the generation when it is opened without a resync, or by the mark of one.
        boolean isMarked = member.isForeign() || plan.kind() == Kind.NO_RESYNC;
        Optional<String> refusal = source.mirror().connectLeg(slot, device, new TargetCopy(consistent, copyGeneration, isMarked));
        if (refusal.isPresent()) {
            lastError = withoutToken(refusal.get());
            device.close(() -> { });
        } else {
            connectedNs = agent.context().loop().nanoTime();
            discard = false;
            discardPartly = false;
            agent.changed();
        }
    }

    @Override
    public void onConnectFailed(String reason) {
        connection = null;
        failed(withoutToken(reason));
    }

    @Override
    public void onDisconnected(String reason) {
        connection = null;
        compression.connection(null);
        if (!closed) {
            source.mirror().legLost(slot, withoutToken(reason));
            failed(withoutToken(reason));
        }
    }

    /** The mirror has given the target up; its connection must not live on. */
    void onLegLost(String reason) {
        lastError = withoutToken(reason);
        if (connection != null) {
            Line lost = connection;
            agent.context().loop().execute(() -> lost.abort(reason));
        }
    }

    private void failed(String reason) {
        if (!reason.equals(lastError)) {
            agent.event("target " + node() + ": " + reason);
        }
        lastError = reason;
        if (connectedNs != NEVER && agent.context().loop().nanoTime() - connectedNs >= STABLE_NS) {
            failures = 0;
        }
        connectedNs = NEVER;
        if (closed || retry != null) {
            return;
        }
        long pauseNs = source.config().targets().reconnectNs() << Math.min(3, failures++);
        retry = agent.context().loop().schedule(pauseNs, () -> {
            retry = null;
            evaluate();
        });
    }

    /** How often it has ceased to get the application's writes: what was asked of it before then is answered for another time. */
    long stops() {
        return stops;
    }

    void replicationStopped() {
        stops++;
    }

    LegState legState() {
        return source.mirror().legState(slot);
    }

    /** No further attempts; the mirror closes a living connection. */
    void close() {
        closed = true;
        if (retry != null) {
            retry.cancel();
        }
        if (connection != null && !connection.isUp()) {
            connection.abort("the mirror leaves service");
        }
    }
}
