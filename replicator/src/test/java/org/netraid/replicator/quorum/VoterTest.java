/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.netraid.fault.FaultPoints;
import org.netraid.replicator.config.QuorumSettings.Fencing;
import org.netraid.replicator.state.Generations;
import org.netraid.sim.SimStateFolder;

class VoterTest {

    private static final Generations ONE = new Generations(1, List.of());
    private static final Generations TWO = ONE.successor(2);
    private static final Generations OTHER = ONE.successor(0x22);

    private final SimStateFolder folder = new SimStateFolder("w.state");

    private Voter voter() {
        return new Voter(folder, "data", FaultPoints.NONE);
    }

    @Test
    void shouldAgreeToAnythingWhenItWasNeverAsked() {
        assertThat(voter().refusal("w", TWO)).isEmpty();
    }

    @Test
    void shouldAgreeToOneOfTwoSuccessorsAlsoAfterARestart() {
        voter().agree(TWO, "b");
        assertThat(voter().refusal("w", TWO)).isEmpty();
        assertThat(voter().refusal("w", TWO.successor(3))).isEmpty();
        assertThat(voter().refusal("w", OTHER)).isEqualTo("w has agreed that b goes on in generation 0000000000000002, which is not "
                + "known to 0000000000000022");
        assertThat(voter().refusal("w", ONE)).isNotEmpty();
    }

    @Test
    void shouldTakeBackOnlyWhatItsOwnerNeverUsed() {
        voter().agree(ONE, "a");
        voter().agree(TWO, "b");
        Voter voter = voter();
        voter.takeBack("a", 2);
        voter.takeBack("b", 1);
        assertThat(voter.vote().generations()).isEqualTo(TWO);
        voter.takeBack("b", 2);
        assertThat(voter.refusal("w", OTHER)).isEmpty();
        assertThat(voter.refusal("w", new Generations(9, List.of(8L)))).isNotEmpty();
    }

    @Test
    void shouldFollowASourceWithAMajorityButNeverBackwards() {
        Voter voter = voter();
        voter.agree(OTHER, "a");
        voter.follow(TWO, "b");
        assertThat(voter.vote()).isEqualTo(new Vote(TWO, "b"));
        voter.follow(ONE, "a");
        assertThat(voter.vote()).isEqualTo(new Vote(TWO, "b"));
    }

    @Test
    void shouldNotVoteWhileItCannotReadWhatItHasAgreedTo() {
        voter().agree(TWO, "b");
        for (int offset = 0; offset < folder.read("data_vote").orElseThrow().length; offset++) {
            byte[] good = folder.read("data_vote").orElseThrow();
            byte[] bad = good.clone();
            bad[offset] ^= 1;
            folder.write("data_vote", bad);
            assertThat(voter().refusal("w", TWO)).as("byte %d", offset).contains("w.state/data_vote is damaged");
            folder.write("data_vote", good);
        }
        folder.write("data_vote", new byte[3]);
        Voter voter = voter();
        voter.follow(TWO, "b");
        assertThat(voter.refusal("w", TWO)).isEmpty();
    }

    @Test
    void shouldKeepTheFormatOfItsFile() {
        voter().agree(TWO, "b");
        assertThat(HexFormat.of().formatHex(folder.read("data_vote").orElseThrow()))
                .isEqualTo("4e52766f74650a00" + "00000001" + "761fd960" + "0000000000000002" + "01" + "0000000000000001" + "01" + "62");
    }

    @Test
    void shouldReadDrbdsExitCodes() {
        assertThat(List.of(3, 4, 5, 7)).allSatisfy(status -> assertThat(FenceVerdict.ofStatus(status).mayGoOn(
                Fencing.RESOURCE_AND_STONITH)).isTrue());
        assertThat(FenceVerdict.ofStatus(6).mayGoOn(Fencing.RESOURCE_ONLY)).isFalse();
        assertThat(List.of(-1, 0, 1, 2, 8, 137)).allSatisfy(status -> {
            assertThat(FenceVerdict.ofStatus(status).mayGoOn(Fencing.RESOURCE_AND_STONITH)).isFalse();
            assertThat(FenceVerdict.ofStatus(status).mayGoOn(Fencing.RESOURCE_ONLY)).isTrue();
        });
    }
}
