/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProcessorTieTest {

    @Test
    void shouldKeepAThreadOnTheLoopsProcessorAndLetItGoAgain() throws InterruptedException {
        ProcessorTie tie = new ProcessorTie();
        tie.loopIsHere();
        byte[] before = tie.allowed();
        boolean[] onOne = new boolean[1];
        byte[][] after = new byte[1][];
        Thread worker = new Thread(() -> {
            tie.follow();
            onOne[0] = tie.isTied() && processors(tie.allowed()) == 1;
            tie.release();
            after[0] = tie.allowed();
        });
        worker.start();
        worker.join();
        assertThat(onOne[0]).isTrue();
        assertThat(after[0]).isEqualTo(before);
        assertThat(tie.isTied()).isFalse();
    }

    @Test
    void shouldStayFreeWhereTheLoopIsOnAProcessorThatIsNotAllowed() {
        TieOnPaper tie = new TieOnPaper(false);
        tie.processor = 5;
        tie.loopIsHere();
        tie.follow();
        assertThat(tie.isTied()).isFalse();
        assertThat(tie.masks).isEmpty();
    }

    @Test
    void shouldAskASystemThatRefusesOnlyOnce() {
        TieOnPaper tie = new TieOnPaper(false);
        tie.processor = 1;
        tie.loopIsHere();
        tie.follow();
        tie.follow();
        tie.release();
        assertThat(tie.isTied()).isFalse();
        assertThat(tie.masks).hasSize(1);
    }

    @Test
    void shouldDoNothingBeforeTheLoopHasSaidWhereItIs() {
        TieOnPaper tie = new TieOnPaper(false);
        tie.follow();
        assertThat(tie.masks).isEmpty();
    }

    private static int processors(byte[] mask) {
        int count = 0;
        for (byte some : mask) {
            count += Integer.bitCount(some & 0xff);
        }
        return count;
    }
}
