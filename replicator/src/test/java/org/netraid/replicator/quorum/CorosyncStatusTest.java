/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What {@code corosync-quorumtool -s} of Corosync 3.1 prints. */
class CorosyncStatusTest {

    private static final String QUORATE = """
            Quorum information
            ------------------
            Date:             Sat Nov 21 20:11:12 2026
            Quorum provider:  corosync_votequorum
            Nodes:            3
            Node ID:          1
            Ring ID:          1.c
            Quorate:          Yes

            Votequorum information
            ----------------------
            Expected votes:   3
            Highest expected: 3
            Total votes:      3
            Quorum:           2
            Flags:            Quorate

            Membership information
            ----------------------
                Nodeid      Votes Name
                     1          1 adam (local)
                     2          1 eve
                     3          1 sophocles
            """;
    private static final String ALONE = QUORATE.replace("Quorate:          Yes", "Quorate:          No").replace("Total votes:      3",
            "Total votes:      1")
            .replace("Quorum:           2", "Quorum:           2 Activity blocked").replace("Flags:            Quorate",
                    "Flags:            ");

    private static String refusal(String output, String failure) {
        return CorosyncStatus.refusal(output.lines().toList(), failure);
    }

    @Test
    void shouldSayYesWhenQuorate() {
        assertThat(refusal(QUORATE, "")).isEmpty();
    }

    @Test
    void shouldSayHowManyVotesThereAreWhenNot() {
        assertThat(refusal(ALONE, "hook corosync-quorumtool ended with status 2")).isEqualTo("corosync is not quorate (1 of 3 votes)");
    }

    @Test
    void shouldSayNoWhenItCannotBeAsked() {
        assertThat(refusal("Cannot initialize QUORUM service\n", "hook corosync-quorumtool ended with status 1: Cannot initialize QUORUM "
                + "service")).isEqualTo("corosync does not say whether it is quorate: hook corosync-quorumtool ended with status 1: Cannot "
                        + "initialize QUORUM service");
        assertThat(CorosyncStatus.refusal(List.of(), "")).isNotEmpty();
        assertThat(CorosyncStatus.refusal(List.of("Quorate: Yes?"), "")).isNotEmpty();
    }
}
