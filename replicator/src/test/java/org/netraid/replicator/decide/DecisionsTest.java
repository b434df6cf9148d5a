/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.decide;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.netraid.intentlog.SlotState;
import org.netraid.replicator.decide.Decision.Action;
import org.netraid.replicator.decide.TargetPlan.Kind;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.Generations;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.PeerRecord;
import org.netraid.replicator.state.Role;

/** One test per row of the table in docs/failover.md; the row's name is in the test's. */
class DecisionsTest {

    private static final long MIRROR = 77;
    private static final long G0 = 100;
    private static final long GA = 0xA;
    private static final long GB = 0xB;

    /** A copy of generation G0, whole, that was in sync with source a. */
    private static MirrorRecord target(String... others) {
        return base(G0, others).with().sourceName("a").build();
    }

    private static MirrorRecord source(String... others) {
        return base(G0, others).with().lastOwner(true).inService(true).logActive(true).build();
    }

    private static MirrorRecord base(long generation, String... others) {
        MirrorRecord.Builder record = MirrorRecord.NEW.with().mirrorId(MIRROR).diskState(DiskState.UP_TO_DATE)
                .generations(new Generations(generation, List.of()));
        for (String other : others) {
            record.peer(PeerRecord.unknown(other));
        }
        return record.build();
    }

    /** The same copy after it took over, or went on alone: a new generation, and everybody else tracked from the one before. */
    private static MirrorRecord after(MirrorRecord record, long generation) {
        MirrorRecord.Builder next = record.with().generations(record.generations().successor(generation)).lastOwner(true).inService(true)
                .logActive(true);
        for (PeerRecord peer : record.peers()) {
            next.peer(peer.bitmapGeneration() != 0 ? peer : peer.withBitmapGeneration(record.generations().current()));
        }
        return next.build();
    }

    private static NodeFacts stopped(String node, MirrorRecord record) {
        return new NodeFacts(node, true, Role.DECIDING, record);
    }

    private static NodeFacts serving(String node, MirrorRecord record) {
        return new NodeFacts(node, true, Role.SOURCE, record);
    }

    private static Decision decide(Request request, NodeFacts self, NodeFacts... peers) {
        return Decisions.decide(new Situation(self, List.of(peers), request, true, ""));
    }

    private static void assertDecision(Decision decision, Action action, String rule) {
        assertThat(decision.action()).as(decision.text()).isEqualTo(action);
        assertThat(decision.rule()).as(decision.text()).isEqualTo(rule);
        assertThat(decision.sentence()).isNotBlank();
    }

    private static TargetPlan plan(NodeFacts source, NodeFacts target, SlotState slot, long dirty, boolean waitIsOver) {
        return TargetPlans.plan(source, target, slot, dirty, waitIsOver);
    }

    private static void assertPlan(TargetPlan plan, Kind kind, String rule) {
        assertThat(plan.kind()).as(plan.toString()).isEqualTo(kind);
        assertThat(plan.rule()).as(plan.toString()).isEqualTo(rule);
    }

    @Test
    void d1ShouldTakeOverWhenInSyncTargetIsStartedAndSourceIsGone() {
        assertDecision(decide(Request.START, stopped("b", target("a")), NodeFacts.unreachable("a")), Action.TAKE_OVER, "D1");
    }

    @Test
    void d1ShouldBecomeTargetWithPartialResyncWhenAnotherNodeHasTakenOver() {
        NodeFacts a = stopped("a", source("b"));
        NodeFacts b = serving("b", after(target("a"), GB).with().previousSource("a")
                .peer(PeerRecord.unknown("a").withBitmapGeneration(G0).withNeedsMerge(true)).build());
        assertDecision(decide(Request.AUTO, a, b), Action.BECOME_TARGET, "D1");
        assertPlan(plan(b, a, SlotState.TRACKING, 0, false), Kind.MERGE_FIRST, "D7");
    }

    @Test
    void d1ShouldStepDownWhenDeposedWithoutHavingWritten() {
        assertDecision(decide(Request.AUTO, serving("a", source("b")), serving("b", after(target("a"), GB))), Action.STEP_DOWN, "D1");
    }

    @Test
    void d1ShouldStepDownForAMajoritysSuccessorThatWasRestarted() {
        NodeFacts old = serving("a", source("b"));
        NodeFacts successor = stopped("b", after(target("a"), GB));
        assertDecision(decideQuorate(old, successor), Action.STEP_DOWN, "D1");
        assertThat(decideQuorate(successor, old).cure()).startsWith("a leaves service by itself");
        assertDecision(decide(Request.AUTO, old, successor), Action.KEEP, "D13");
        NodeFacts half = stopped("b", successor.record().with().diskState(DiskState.INCONSISTENT).build());
        assertDecision(decideQuorate(old, half), Action.KEEP, "D13");
    }

    private static Decision decideQuorate(NodeFacts self, NodeFacts peer) {
        return Decisions.decide(new Situation(self, List.of(peer), Request.AUTO, true, "", true));
    }

    @Test
    void d13ShouldGiveATargetThatWasBeingOverwrittenAMomentToAnswer() {
        NodeFacts a = stopped("a", source().with().peer(PeerRecord.empty("b")).build());
        List<NodeFacts> silent = List.of(NodeFacts.unreachable("b"));
        assertDecision(Decisions.decide(new Situation(a, silent, Request.AUTO, false, "")), Action.WAIT, "D13");
        assertDecision(Decisions.decide(new Situation(a, silent, Request.AUTO, true, "")), Action.START, "D13");
        assertDecision(Decisions.decide(new Situation(a, silent, Request.START, false, "")), Action.START, "D13");
    }

    /**
     * A resync that is taken back leaves a whole copy, and that can be forced. Who has not said that it keeps nothing may keep
     * something.
     */
    @Test
    void d3ShouldWaitForACopyWhoseResyncMayHaveBeenTakenBack() {
        MirrorRecord kept = SourceRecords.resyncBegins(source("b"), "b", false);
        Decision decision = decide(Request.AUTO, stopped("a", kept), NodeFacts.unreachable("b"));
        assertDecision(decision, Action.BLOCK_DATA_CORRUPT, "D3");
        assertThat(decision.sentence()).contains("a resync over b had not ended, and may have been taken back");
        assertDecision(decide(Request.START, stopped("a", kept), NodeFacts.unreachable("b")), Action.BLOCK_DATA_CORRUPT, "D3");
        NodeFacts b = stopped("b", target("a").with().diskState(DiskState.INCONSISTENT).resyncSource("a").build());
        assertDecision(decide(Request.AUTO, stopped("a", kept), b), Action.START, "D4");
        assertDecision(decideQuorate(stopped("a", kept), NodeFacts.unreachable("b")), Action.START, "D13");
        MirrorRecord nothing = SourceRecords.resyncBegins(source("b"), "b", true);
        Decision alone = decide(Request.AUTO, stopped("a", nothing), NodeFacts.unreachable("b"));
        assertDecision(alone, Action.START, "D13");
        assertThat(alone.sentence()).endsWith("b has no whole copy, and nothing to take back");
    }

    /** What was once known of a copy is worth nothing when it may have changed unseen. */
    @Test
    void d3ShouldNotBelieveThatACopyIsWorthNothingWhenItMayHaveBecomeWhole() {
        MirrorRecord nothing = SourceRecords.resyncBegins(source("b", "c"), "b", true);
        assertThat(SourceRecords.mayBecomeWhole(nothing, "b").peer("b").noWayBack()).isFalse();
        assertThat(SourceRecords.targetInSync(nothing, "b").peer("b").noWayBack()).isFalse();
        MirrorRecord lost = SourceRecords.leftBehind(SourceRecords.mayBecomeWhole(nothing, "b"), List.of("b"), List.of(), () -> GA);
        assertThat(lost.peer("b").noWayBack()).as("it may have recorded that it is in sync").isFalse();
        NodeFacts mixture = stopped("b", target("a").with().diskState(DiskState.INCONSISTENT).resyncSource("a").build());
        assertThat(SourceRecords.seen("a", nothing, mixture)).isEmpty();
        assertThat(SourceRecords.seen("a", nothing, stopped("b", MirrorRecord.NEW))).isEmpty();
        assertThat(SourceRecords.seen("a", nothing, NodeFacts.unreachable("b"))).isEmpty();
        assertThat(SourceRecords.seen("a", nothing, stopped("b", target("c"))).orElseThrow().peer("b").noWayBack()).isFalse();
        NodeFacts a = serving("a", nothing);
        MirrorRecord c = TargetRecords.inSync("c", target("a", "b"), a);
        assertThat(c.peer("b").noWayBack()).as("second-hand: it may become whole in this generation, and c would not hear of it").isFalse();
        assertThat(TargetRecords.toldStopped(c, a).orElseThrow().peer("b").noWayBack()).as("nothing becomes whole any more").isTrue();
        assertThat(TargetRecords.asTarget(nothing, a).peer("b").noWayBack()).isFalse();
        MirrorRecord forked = SourceRecords.entering(nothing.with().diskState(DiskState.INCONSISTENT).build(), true, List.of("b", "c"),
                () -> GB, 1 << 20, 1 << 16);
        assertThat(forked.peer("b").noWayBack()).isFalse();
        assertThat(SourceRecords.entering(source(), false, List.of("b"), () -> GB, 1 << 20, 1 << 16).peer("b").noWayBack()).isTrue();
    }

    @Test
    void g7ShouldSayThatAnotherNodeWasSourceWhenAPeerWasToldOfNewerData() {
        NodeFacts a = stopped("a", source("b", "c"));
        NodeFacts told = stopped("c", target("a", "b").with().diskState(DiskState.OUTDATED).build());
        assertDecision(decide(Request.AUTO, a, NodeFacts.unreachable("b"), told), Action.BLOCK_DATA_CORRUPT, "G7");
        assertDecision(decide(Request.START, a, NodeFacts.unreachable("b"), told), Action.BLOCK_DATA_CORRUPT, "G7");
        NodeFacts toldItself = stopped("a", source("b").with()
                .peer(PeerRecord.unknown("c").withStale(true).withBitmapGeneration(G0)).build());
        assertDecision(decide(Request.AUTO, toldItself, NodeFacts.unreachable("b"), told), Action.BLOCK_DATA_CORRUPT, "D3");
        NodeFacts whole = stopped("c", target("a", "b"));
        assertDecision(decide(Request.AUTO, a, NodeFacts.unreachable("b"), whole), Action.BLOCK_DATA_CORRUPT, "D3");
    }

    @Test
    void d2ShouldNeverStartAnInconsistentCopy() {
        NodeFacts a = stopped("a", target("b").with().diskState(DiskState.INCONSISTENT).resyncSource("b").build());
        assertDecision(decide(Request.AUTO, a, NodeFacts.unreachable("b")), Action.BLOCK, "D2");
        assertDecision(decide(Request.START, a, NodeFacts.unreachable("b")), Action.BLOCK, "D2");
        assertDecision(decide(Request.FORCE, a, NodeFacts.unreachable("b")), Action.BLOCK, "G1");
        assertDecision(decide(Request.FORCE_INCONSISTENT, a, NodeFacts.unreachable("b")), Action.TAKE_OVER, "G1");
    }

    @Test
    void d2ShouldGoOnWithPartialResyncWhenTheSameSourceIsBack() {
        NodeFacts a = stopped("a", target("b").with().diskState(DiskState.INCONSISTENT).resyncSource("b").build());
        NodeFacts b = serving("b", after(target("a"), GB));
        assertDecision(decide(Request.AUTO, a, b), Action.BECOME_TARGET, "D2");
        assertPlan(plan(b, a, SlotState.STALE, 5, false), Kind.PARTIAL, "D2");
    }

    @Test
    void d3ShouldSetDataCorruptWhenCrashedSourceCannotAskItsTarget() {
        assertDecision(decide(Request.AUTO, stopped("a", source("b")), NodeFacts.unreachable("b")), Action.BLOCK_DATA_CORRUPT, "D3");
        assertDecision(decide(Request.START, stopped("a", source("b")), NodeFacts.unreachable("b")), Action.BLOCK_DATA_CORRUPT, "D3");
    }

    @Test
    void d3ShouldWaitFirstWhenTheTargetMayStillBeBooting() {
        Situation early = new Situation(stopped("a", source("b")), List.of(NodeFacts.unreachable("b")), Request.AUTO, false, "");
        assertDecision(Decisions.decide(early), Action.WAIT, "D3");
    }

    @Test
    void d3aShouldTakeOverWhenForced() {
        NodeFacts a = stopped("a", source("b").with().dataCorrupt(true).build());
        assertDecision(decide(Request.FORCE, a, NodeFacts.unreachable("b")), Action.TAKE_OVER, "D3a");
    }

    @Test
    void d3bShouldStartByItselfWhenTheTargetAnswersAndWasNeverSource() {
        NodeFacts a = stopped("a", source("b").with().dataCorrupt(true).build());
        NodeFacts b = stopped("b", target("a"));
        assertDecision(decide(Request.AUTO, a, b), Action.START, "D3b");
        assertPlan(plan(serving("a", source("b")), b, SlotState.STALE, 3, false), Kind.PARTIAL, "D13");
    }

    @Test
    void d3cShouldLeaveServiceToTheOneThatTookOverWhenBothAreBack() {
        NodeFacts a = stopped("a", source("b"));
        NodeFacts b = stopped("b", after(target("a"), GB));
        assertDecision(decide(Request.AUTO, a, b), Action.WAIT, "D3c");
        assertDecision(decide(Request.START, a, b), Action.BLOCK, "D3c");
        assertDecision(decide(Request.AUTO, b, a), Action.START, "D4");
    }

    @Test
    void d4ShouldStayOutWhenTheTargetIsUpFirstAndLetTheSourceStart() {
        NodeFacts a = stopped("a", source("b"));
        NodeFacts b = stopped("b", target("a").with().diskState(DiskState.CONSISTENT).build());
        assertDecision(decide(Request.AUTO, b, NodeFacts.unreachable("a")), Action.WAIT, "D4");
        assertDecision(decide(Request.START, b, NodeFacts.unreachable("a")), Action.BLOCK, "D4");
        assertDecision(decide(Request.AUTO, a, b), Action.START, "D4");
    }

    @Test
    void d5ShouldNotStartWhileInServiceElsewhere() {
        assertDecision(decide(Request.START, stopped("b", target("a")), serving("a", source("b"))), Action.STAY, "D5");
    }

    @Test
    void d6ShouldMakeThirdNodeWaitForThePreviousSource() {
        NodeFacts b = serving("b", after(target("a", "c"), GB).with().previousSource("a")
                .peer(PeerRecord.unknown("a").withBitmapGeneration(G0).withNeedsMerge(true))
                .peer(PeerRecord.unknown("c").withBitmapGeneration(G0).withNeedsMerge(true)).build());
        NodeFacts c = stopped("c", target("a", "b"));
        assertPlan(plan(b, c, SlotState.TRACKING, 0, false), Kind.WAIT_PREVIOUS_SOURCE, "D6");
        // D8: the wait is over
        assertPlan(plan(b, c, SlotState.TRACKING, 0, true), Kind.FULL, "D8");
        // D10: fullresync has given up the wait for this target
        assertPlan(plan(b, c, SlotState.FULL_RESYNC, 9, true), Kind.FULL, "D14");
        // ... and nothing that the previous source knows would make it less
        assertPlan(plan(b, c, SlotState.FULL_RESYNC, 9, false), Kind.FULL, "D14");
        assertPlan(TargetPlans.overwrite(b.record(), "c"), Kind.FULL, "D10");
        // the previous source itself is given up: what it knows of the others comes first all the same
        assertPlan(TargetPlans.overwrite(b.record(), "a"), Kind.MERGE_FIRST, "D7");
        // D11: the previous source comes after all
        assertPlan(plan(b, stopped("a", source("b", "c")), SlotState.TRACKING, 4, true), Kind.MERGE_FIRST, "D7");
    }

    @Test
    void d7ShouldConnectEveryTargetPartiallyOnceThePreviousSourceIsMerged() {
        NodeFacts b = serving("b", after(target("a", "c"), GB));
        assertPlan(plan(b, stopped("a", source("b", "c")), SlotState.STALE, 4, false), Kind.PARTIAL, "D13");
        assertPlan(plan(b, stopped("c", target("a", "b")), SlotState.STALE, 4, false), Kind.PARTIAL, "D13");
    }

    @Test
    void d12ShouldStartAnywhereWhenStoppedInOrderWithEverybodyInSync() {
        NodeFacts b = stopped("b", target("a").with().stoppedClean(true).build());
        assertDecision(decide(Request.START, b, NodeFacts.unreachable("a")), Action.TAKE_OVER, "D12");
        NodeFacts a = stopped("a", source("b").with().inService(false).stoppedClean(true).build());
        assertDecision(decide(Request.START, a, NodeFacts.unreachable("b")), Action.TAKE_OVER, "D12");
        assertDecision(decide(Request.AUTO, a, NodeFacts.unreachable("b")), Action.STAY, "D12");
        assertDecision(decide(Request.AUTO, a, b), Action.TAKE_OVER, "D12");
        assertPlan(plan(serving("a", source("b")), b, SlotState.TRACKING, 0, false), Kind.NO_RESYNC, "D12");
    }

    @Test
    void d12ShouldStayStoppedWhenAnOperatorStoppedIt() {
        NodeFacts a = stopped("a", source("b").with().inService(false).stoppedClean(true).stayStopped(true).build());
        assertDecision(decide(Request.AUTO, a, stopped("b", target("a"))), Action.STAY, "D12");
    }

    @Test
    void d13ShouldResyncPartiallyWhenTheTargetIsBack() {
        NodeFacts a = serving("a", after(source("b"), GA));
        NodeFacts b = stopped("b", target("a"));
        assertDecision(decide(Request.AUTO, b, a), Action.BECOME_TARGET, "D13");
        assertPlan(plan(a, b, SlotState.STALE, 7, false), Kind.PARTIAL, "D13");
    }

    @Test
    void d14ShouldResyncFullyWhenTheLogDoesNotKnow() {
        NodeFacts a = serving("a", after(source("b"), GA));
        assertPlan(plan(a, stopped("b", target("a")), SlotState.FULL_RESYNC, 100, false), Kind.FULL, "D14");
        assertPlan(plan(a, stopped("b", target("a")), SlotState.UNUSED, 0, false), Kind.FULL, "D14");
        NodeFacts mixed = stopped("b", target("a").with().diskState(DiskState.INCONSISTENT).resyncSource("c").build());
        assertPlan(plan(a, mixed, SlotState.STALE, 1, false), Kind.FULL, "D14");
    }

    @Test
    void d17ShouldRefuseACopyKnownToBeStale() {
        NodeFacts b = stopped("b", target("a", "c"));
        NodeFacts c = stopped("c", target("a", "b").with().peer(PeerRecord.unknown("b").withStale(true)).build());
        assertDecision(decide(Request.START, b, NodeFacts.unreachable("a"), c), Action.BLOCK, "D17");
        NodeFacts told = stopped("b", target("a").with().diskState(DiskState.OUTDATED).build());
        assertDecision(decide(Request.START, told, NodeFacts.unreachable("a")), Action.BLOCK, "D17");
    }

    @Test
    void d17ShouldRefuseWhenAReachableNodeHasNewerData() {
        NodeFacts a = stopped("a", after(source("b"), GA));
        assertDecision(decide(Request.START, stopped("b", target("a")), a), Action.BLOCK, "D4");
        assertDecision(decide(Request.FORCE, stopped("b", target("a")), a), Action.BLOCK, "G10");
    }

    @Test
    void d19ShouldOverwriteNothingWhenBothWereWritten() {
        NodeFacts a = stopped("a", after(source("b"), GA));
        NodeFacts b = stopped("b", after(target("a"), GB));
        assertDecision(decide(Request.AUTO, a, b), Action.BLOCK, "D19");
        assertDecision(decide(Request.START, b, a), Action.BLOCK, "D19");
        assertDecision(decide(Request.AUTO, a, serving("b", b.record())), Action.BLOCK, "D19");
        assertDecision(decide(Request.AUTO, serving("a", a.record()), serving("b", b.record())), Action.KEEP, "D19");
        assertPlan(plan(serving("a", a.record()), b, SlotState.STALE, 1, false), Kind.SPLIT_BRAIN, "D19");
    }

    @Test
    void x2ShouldRefuseAnotherMirrorOfTheSameTag() {
        NodeFacts a = serving("a", source("b"));
        NodeFacts b = stopped("b", target("a").with().mirrorId(MIRROR + 1).build());
        assertDecision(decide(Request.AUTO, b, a), Action.BLOCK, "X2");
        assertPlan(plan(a, b, SlotState.TRACKING, 0, false), Kind.REFUSE, "X2");
    }

    @Test
    void p19AndP30ShouldNotTrustZeroBitsOfACopyThatIsNotWhole() {
        NodeFacts a = serving("a", source("b"));
        assertPlan(plan(a, stopped("b", target("a")), SlotState.TRACKING, 1, false), Kind.PARTIAL, "D13");
        NodeFacts bad = stopped("b", target("a").with().diskState(DiskState.INCONSISTENT).resyncSource("a").build());
        assertPlan(plan(a, bad, SlotState.TRACKING, 0, false), Kind.PARTIAL, "D2");
        NodeFacts outdated = stopped("b", target("a").with().diskState(DiskState.OUTDATED).build());
        assertPlan(plan(a, outdated, SlotState.TRACKING, 3, false), Kind.PARTIAL, "D13");
        // it was told of a newer generation, and nothing of that generation has missed it: there is nothing to send
        assertPlan(plan(a, outdated, SlotState.TRACKING, 0, false), Kind.NO_RESYNC, "D12");
    }

    /**
     * Goal: whatever two nodes know, the safety rules hold. Method: every combination of a small set of records, roles, reachability and
     * requests, checked against the rules themselves and not against the table.
     */
    @Test
    void shouldHoldTheSafetyRulesInEverySmallState() {
        List<MirrorRecord> copies = new ArrayList<>();
        for (MirrorRecord lineage : lineages()) {
            for (DiskState disk : DiskState.values()) {
                for (int bits = 0; bits < 32; bits++) {
                    copies.add(lineage.with().diskState(disk).lastOwner((bits & 1) != 0).dataCorrupt((bits & 2) != 0)
                            .inService((bits & 4) != 0).stoppedClean((bits & 8) != 0).stayStopped((bits & 16) != 0).build());
                }
            }
        }
        long checked = 0;
        for (MirrorRecord self : copies) {
            for (int i = 0; i < copies.size(); i += 3) {
                MirrorRecord other = rename(copies.get(i));
                for (Request request : Request.values()) {
                    check(stopped("a", self), stopped("b", other), request);
                    check(stopped("a", self), serving("b", other), request);
                    checked += 2;
                }
            }
            for (Request request : Request.values()) {
                check(stopped("a", self), NodeFacts.unreachable("b"), request);
            }
        }
        assertThat(checked).isGreaterThan(500_000);
    }

    private static void check(NodeFacts self, NodeFacts peer, Request request) {
        Decision decision = decide(request, self, peer);
        MirrorRecord mine = self.record();
        Relation relation = Relation.between("a", mine, "b", peer.record());
        if (decision.starts()) {
            rule(mine.diskState() != DiskState.INCONSISTENT || request == Request.FORCE_INCONSISTENT, decision, self, peer, request);
            rule(mine.diskState() != DiskState.FAILED || request == Request.FORCE_INCONSISTENT, decision, self, peer, request);
            rule(mine.created(), decision, self, peer, request);
            rule(!peer.isInService(), decision, self, peer, request);
            if (!request.isForce()) {
                rule(!mine.dataCorrupt() || peer.reachable(), decision, self, peer, request);
                rule(mine.diskState() != DiskState.OUTDATED, decision, self, peer, request);
                boolean peerCounts = peer.reachable() && peer.record().diskState().maySource();
                rule(!peerCounts || !relation.peerIsNewer() && relation != Relation.SPLIT_BRAIN, decision, self, peer, request);
            }
            if (request == Request.AUTO) {
                rule(mine.lastOwner() && peer.reachable(), decision, self, peer, request);
            }
        }
        if (decision.action() == Action.BECOME_TARGET) {
            rule(peer.isInService() && !relation.selfIsNewer() && relation != Relation.SPLIT_BRAIN, decision, self, peer, request);
        }
    }

    private static void rule(boolean holds, Decision decision, NodeFacts self, NodeFacts peer, Request request) {
        if (!holds) {
            throw new AssertionError(request + " on " + self + "\nwith " + peer + "\ndecided " + decision);
        }
    }

    private static List<MirrorRecord> lineages() {
        MirrorRecord common = base(G0, "b");
        return List.of(MirrorRecord.NEW, common, after(common, GA), after(after(common, GA), GA + 1), common.with().mirrorId(5).build());
    }

    private static MirrorRecord rename(MirrorRecord record) {
        MirrorRecord.Builder renamed = record.with().peers(List.of());
        for (PeerRecord peer : record.peers()) {
            renamed.peer(PeerRecord.unknown("a").withBitmapGeneration(peer.bitmapGeneration()));
        }
        Generations mine = record.generations();
        boolean own = mine.current() == GA || mine.current() == GA + 1;
        return own ? renamed.generations(new Generations(mine.current() + 0x100, mine.history())).build() : renamed.build();
    }

    /** Its log is gone with its role: in the old record others would be tracked, by nothing. */
    @Test
    void d18ShouldSendEverythingFromAFormerSourceThatIsTakenBack() {
        MirrorRecord before = TargetRecords.before(source("a", "b").with().sourceName("a").build(), serving("b", after(target("a"), GB)));
        MirrorRecord forced = SourceRecords.entering(before, true, List.of("a", "b"), () -> GA, 1 << 20, 1 << 16);
        assertThat(SourceRecords.firstSlotState(forced.peer("a"), true)).isEqualTo(SlotState.FULL_RESYNC);
        assertThat(forced.peer("a").noWayBack()).isFalse();
        assertThat(forced.previousSource()).isEmpty();
        MirrorRecord target = TargetRecords.before(target("a", "b"), serving("b", after(target("a"), GB)));
        assertThat(target.peer("a").inconsistent()).isFalse();
    }

    // ---- generations

    /** A target that was lost while it was asked to take a new generation has the one before or that one: either way its bits tell all. */
    @Test
    void shouldTrackACopyOfAnyGenerationSinceTrackingBegan() {
        MirrorRecord asked = SourceRecords.leftBehind(source("b", "c"), List.of("c"), List.of("b"), () -> GA);
        assertThat(asked.peer("b")).isEqualTo(PeerRecord.unknown("b").withBitmapGeneration(G0).withMayHold(true));
        MirrorRecord lost = SourceRecords.leftBehind(asked, List.of("b"), List.of(), () -> GB);
        assertThat(lost.peer("b")).isEqualTo(PeerRecord.unknown("b").withBitmapGeneration(G0).withStale(true));
        assertThat(Relation.between("a", lost, "b", target("a", "c"))).isEqualTo(Relation.SELF_NEWER);
        assertThat(Relation.between("a", lost, "b", after(target("a", "c"), GA))).isEqualTo(Relation.SELF_NEWER);
        assertThat(SourceRecords.haveAdopted(asked, List.of("b")).peer("b")).isEqualTo(PeerRecord.unknown("b"));
    }

    /** G1. */
    @Test
    void shouldBeASplitBrainWithItsSourceWhenAMixtureWasPutInService() {
        MirrorRecord source = after(source("b"), GA);
        MirrorRecord mixture = after(target("a"), GA).with().diskState(DiskState.INCONSISTENT).resyncSource("a").lastOwner(false)
                .inService(false).logActive(false).build();
        MirrorRecord forced = SourceRecords.entering(mixture, true, List.of("a"), () -> GB, 1 << 20, 1 << 16);
        assertThat(Relation.between("a", source, "b", forced)).isEqualTo(Relation.SPLIT_BRAIN);
        assertThat(Relation.between("b", forced, "a", source)).isEqualTo(Relation.SPLIT_BRAIN);
        assertThat(SourceRecords.firstSlotState(forced.peer("a"), true)).isEqualTo(SlotState.FULL_RESYNC);
        assertThat(SourceRecords.trackFromOneMoment(source, source.peer("b"), forced, forced.peer("a"))).isFalse();
    }

    /** Its source may have died before it heard that the target has recorded "in sync". */
    @Test
    void shouldWaitForATargetThatMayHaveBeenToldThatItIsInSync() {
        MirrorRecord inResync = source("b").with().peer(PeerRecord.empty("b").withStale(true)).build();
        assertDecision(decide(Request.AUTO, stopped("a", inResync), NodeFacts.unreachable("b")), Action.START, "D13");
        MirrorRecord told = SourceRecords.mayBecomeWhole(inResync, "b");
        assertDecision(decide(Request.AUTO, stopped("a", told), NodeFacts.unreachable("b")), Action.BLOCK_DATA_CORRUPT, "D3");
        assertThat(SourceRecords.mustBeLeftBehind(told.peer("b"), false, true)).as("it gets all writes").isFalse();
        assertThat(SourceRecords.mustBeLeftBehind(told.peer("b"), false, false)).isTrue();
    }

    /** Else both sides of a split brain would take it from each other again and again, and neither would have a whole second copy. */
    @Test
    void shouldNotLeaveItsSourceForTheOtherSideOfASplitBrain() {
        MirrorRecord filled = target("a", "b").with().diskState(DiskState.INCONSISTENT).resyncSource("a").build();
        NodeFacts a = serving("a", after(source("b", "c"), GA));
        NodeFacts b = serving("b", after(target("a", "c"), GB));
        assertThat(TargetRecords.refusal("c", filled, a, b, false)).startsWith("D19: split brain");
        assertThat(TargetRecords.refusal("c", filled, a, b, true)).as("an operator has chosen").isEmpty();
        assertThat(TargetRecords.refusal("c", filled, a, a, false)).as("it connects again").isEmpty();
        assertThat(TargetRecords.refusal("c", filled, stopped("a", a.record()), b, false)).as("it has left service").isEmpty();
        assertThat(TargetRecords.refusal("c", filled, NodeFacts.unreachable("a"), b, false)).isEmpty();
        assertThat(TargetRecords.refusal("c", filled, null, b, false)).isEmpty();
        NodeFacts stale = serving("b", target("a", "c"));
        assertThat(TargetRecords.refusal("c", filled, a, stale, false)).startsWith("F1: stale source, a");
        NodeFacts successor = serving("b", after(after(target("a", "c"), GA), GB));
        assertThat(TargetRecords.refusal("c", filled, a, successor, false)).as("its source is deposed").isEmpty();
    }
}
