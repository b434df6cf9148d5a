/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BriefWaitTest {

    private long nowNs;
    private int yields;
    private final BriefWait wait = new BriefWait(() -> nowNs, this::yield, true);

    private void yield() {
        yields++;
        nowNs += 1000;
    }

    private void sleepFor(long ns) {
        nowNs += ns;
        wait.begin();
    }

    @Test
    void shouldNotLookBeforeWorkHasComeSoonAfterASleep() {
        wait.begin();
        assertThat(wait.isWorthwhile()).isFalse();
        sleepFor(BriefWait.LOOK_NS);
        assertThat(wait.isWorthwhile()).isTrue();
        wait.until(() -> null);
        sleepFor(10 * BriefWait.LOOK_NS);
        assertThat(wait.isWorthwhile()).as("it slept for long").isFalse();
    }

    @Test
    void shouldOfferTheProcessorBetweenTwoLooksAndGiveUpInTime() {
        assertThat(wait.<String>until(() -> yields == 7 ? "work" : null)).isEqualTo("work");
        assertThat(yields).isEqualTo(7);
        long begin = nowNs;
        assertThat(wait.<String>until(() -> null)).isNull();
        assertThat(nowNs - begin).isEqualTo(BriefWait.LOOK_NS);
    }

    @Test
    void shouldNeverLookWithOneProcessor() {
        BriefWait alone = new BriefWait(() -> nowNs, this::yield, false);
        alone.begin();
        assertThat(alone.isWorthwhile()).isFalse();
        nowNs += 1000;
        alone.begin();
        assertThat(alone.isWorthwhile()).isFalse();
    }
}
