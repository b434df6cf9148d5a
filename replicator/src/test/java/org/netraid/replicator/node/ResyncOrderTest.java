/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResyncOrderTest {

    private final List<String> begun = new ArrayList<>();

    private void enter(ResyncOrder order, String tag, int slot, String after) {
        order.enter(tag, slot, after, () -> begun.add(tag + slot));
    }

    @Test
    void shouldLetAMirrorWaitForTheOneItComesAfter() {
        ResyncOrder order = new ResyncOrder(0);
        enter(order, "data", 0, "");
        enter(order, "data", 1, "");
        enter(order, "log", 0, "data");
        enter(order, "last", 0, "log");
        assertThat(begun).containsExactly("data0", "data1");
        assertThat(order.waitsFor("log", 0)).isEqualTo("resync of data");
        assertThat(order.waitsFor("last", 0)).isEqualTo("resync of log");
        assertThat(order.waitsFor("data", 0)).isEmpty();
        order.leave("data", 0);
        assertThat(begun).hasSize(2);
        order.leave("data", 1);
        assertThat(begun).containsExactly("data0", "data1", "log0");
        order.leave("log", 0);
        assertThat(begun).endsWith("last0");
    }

    @Test
    void shouldRunNoMoreAtATimeThanConfigured() {
        ResyncOrder order = new ResyncOrder(2);
        for (int slot = 0; slot < 4; slot++) {
            enter(order, "data", slot, "");
        }
        assertThat(begun).containsExactly("data0", "data1");
        assertThat(order.waitsFor("data", 3)).isEqualTo("resync of data (at most 2 at a time)");
        order.leave("data", 2);
        assertThat(begun).hasSize(2);
        order.leave("data", 0);
        assertThat(begun).endsWith("data3");
    }

    @Test
    void shouldKeepATurnThatIsAskedForAgain() {
        ResyncOrder order = new ResyncOrder(1);
        enter(order, "data", 0, "");
        enter(order, "data", 0, "");
        assertThat(begun).containsExactly("data0", "data0");
        enter(order, "data", 1, "");
        enter(order, "data", 1, "");
        order.leave("data", 0);
        order.leave("data", 0);
        assertThat(begun).containsExactly("data0", "data0", "data1");
    }
}
