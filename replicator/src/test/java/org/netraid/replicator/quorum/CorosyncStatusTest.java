/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against what {@code corosync-quorumtool -s} of real clusters has printed; {@code golden/corosync/make.sh} made the files. */
class CorosyncStatusTest {

    /** Answers as the hook hands them over: stripped lines, and a failure for an exit status other than 0. */
    private static String refusal(String file) throws IOException {
        try (InputStream in = CorosyncStatusTest.class.getResourceAsStream("/golden/corosync/" + file + ".txt")) {
            List<String> lines = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().map(String::strip)
                    .filter(line -> !line.isEmpty()).toList();
            List<String> output = lines.subList(0, lines.size() - 1);
            String exit = lines.get(lines.size() - 1);
            assertThat(exit).startsWith("exit ");
            return CorosyncStatus.refusal(output, exit.equals("exit 0") ? "" : "ended with " + exit + ": " + output.get(output.size() - 1));
        }
    }

    @ParameterizedTest
    @CsvSource({"one-of-one", "two-of-three", "three-of-three", "pair-of-two", "pair-of-one"})
    void shouldSayYesWhenQuorate(String file) throws IOException {
        assertThat(refusal(file)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"one-of-three, 1 of 3", "pair-waits-for-all, 1 of 2"})
    void shouldSayHowManyVotesThereAreWhenNot(String file, String votes) throws IOException {
        assertThat(refusal(file)).isEqualTo("corosync is not quorate (" + votes + " votes)");
    }

    @ParameterizedTest
    @CsvSource({"no-daemon, Cannot initialize CMAP service", "no-provider, Unable to start votequorum status tracking: CS_ERR_BAD_HANDLE"})
    void shouldSayNoWhenItCannotBeAsked(String file, String words) throws IOException {
        assertThat(refusal(file)).isEqualTo("corosync does not say whether it is quorate: ended with exit 1: " + words);
    }

    @Test
    void shouldTakeNothingElseForAYes() {
        assertThat(CorosyncStatus.refusal(List.of(), "")).isNotEmpty();
        assertThat(CorosyncStatus.refusal(List.of("Quorate: Yes?"), "")).isNotEmpty();
        assertThat(CorosyncStatus.refusal(List.of("Flags:            2Node Quorate WaitForAll"), "")).isNotEmpty();
    }
}
