/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.util.EnumMap;
import java.util.Map;

/**
 * The one place that holds modifications and flushes back before they begin, or refuses them, for several reasons that know nothing of each
 * other: lifting one never lets through what another one keeps out. Reads always pass. Of two reasons the one that refuses wins.
 */
final class IoGate {

    private final EnumMap<IoReason, String> holding = new EnumMap<>(IoReason.class);
    private final EnumMap<IoReason, String> refusing = new EnumMap<>(IoReason.class);
    /** What the hot path asks for. */
    private boolean open = true;
    private String refusal = "";

    /** New modifications wait in the bounded queue. */
    void hold(IoReason reason, String why) {
        refusing.remove(reason);
        holding.put(reason, why);
        settle();
    }

    /** New modifications, and those that wait, end with EIO and this text. */
    void refuse(IoReason reason, String why) {
        holding.remove(reason);
        refusing.put(reason, why);
        settle();
    }

    /** @return true if nothing is kept back any more and something was */
    boolean lift(IoReason reason) {
        holding.remove(reason);
        refusing.remove(reason);
        boolean opened = !open;
        settle();
        return opened && open;
    }

    private void settle() {
        open = holding.isEmpty() && refusing.isEmpty();
        refusal = refusing.isEmpty() ? "" : refusing.values().iterator().next();
    }

    /** True if modifications may begin. */
    boolean isOpen() {
        return open;
    }

    /** True if modifications wait. */
    boolean isHolding() {
        return !open && refusing.isEmpty();
    }

    /** Why modifications end with EIO; "" if they do not. */
    String refusal() {
        return refusal;
    }

    /** Reasons in force, with what they said. */
    Map<IoReason, String> reasons() {
        EnumMap<IoReason, String> all = new EnumMap<>(holding);
        all.putAll(refusing);
        return all;
    }
}
