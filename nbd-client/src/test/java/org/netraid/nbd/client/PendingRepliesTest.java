/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.netraid.nbd.wire.NbdCommand;

class PendingRepliesTest {

    private final PendingReplies pending = new PendingReplies(3, 7, slot -> { });

    private PendingReply take(int command, long length) {
        return pending.take(new ClientRequest(), command, 0, length);
    }

    @Test
    void shouldNeverReuseACookie() {
        Set<Long> seen = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            PendingReply slot = take(NbdCommand.FLUSH, 0);
            assertThat(seen.add(slot.cookie)).isTrue();
            pending.release(slot);
            assertThat(pending.find(slot.cookie)).isNull();
        }
        PendingReplies next = new PendingReplies(3, 8, slot -> { });
        assertThat(seen).doesNotContain(next.take(new ClientRequest(), NbdCommand.FLUSH, 0, 0).cookie);
    }

    @Test
    void shouldFindOnlyWhatIsUnanswered() {
        PendingReply one = take(NbdCommand.READ, 10);
        PendingReply two = take(NbdCommand.WRITE, 20);
        assertThat(pending.find(one.cookie)).isSameAs(one);
        assertThat(pending.find(one.cookie + (1L << 16))).isNull();
        assertThat(pending.find(0xffff)).isNull();
        assertThat(pending.find(-1)).isNull();
        two.answered = true;
        assertThat(pending.find(two.cookie)).isNull();
    }

    @Test
    void shouldBoundCommandsAndCountPayload() {
        PendingReply one = take(NbdCommand.READ, 10);
        take(NbdCommand.WRITE, 20);
        take(NbdCommand.WRITE_ZEROES, 1 << 30);
        assertThat(pending.isFull()).isTrue();
        assertThat(pending.payloadBytes()).isEqualTo(30);
        pending.release(one);
        assertThat(pending.isFull()).isFalse();
        assertThat(pending.payloadBytes()).isEqualTo(20);
    }
}
