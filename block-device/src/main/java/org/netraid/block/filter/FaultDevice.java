/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.filter;

import java.util.ArrayList;
import java.util.List;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockRequest;
import org.netraid.time.EventLoop;

/**
 * Fails the requests that match a rule; they never reach the device behind. The first rule that matches decides.
 */
public final class FaultDevice extends FilterDevice {

    private final List<Armed> rules = new ArrayList<>();
    private long failed;

    public FaultDevice(BlockDevice inner, EventLoop loop) {
        super(inner, loop);
    }

    public void add(FaultRule rule) {
        rules.add(new Armed(rule));
    }

    /** The disk is well again. */
    public void clear() {
        rules.clear();
    }

    /** Requests failed so far. */
    public long failed() {
        return failed;
    }

    @Override
    void accept(BlockRequest request) {
        FaultRule rule = firstMatch(request);
        if (rule == null) {
            pass(request);
            return;
        }
        failed++;
        request.markSubmitted();
        began();
        loop().execute(() -> {
            try {
                request.complete(rule.error(), name() + ": injected " + rule.error() + " on " + request.command() + " of "
                        + request.lengthBytes() + " bytes at " + request.offsetBytes());
            } finally {
                ended();
            }
        });
    }

    private FaultRule firstMatch(BlockRequest request) {
        for (Armed armed : rules) {
            if (armed.rule.matches(request) && armed.strikes()) {
                return armed.rule;
            }
        }
        return null;
    }

    private static final class Armed {
        private final FaultRule rule;
        private long seen;

        Armed(FaultRule rule) {
            this.rule = rule;
        }

        boolean strikes() {
            long number = seen++;
            return number >= rule.skip() && number - rule.skip() < rule.count();
        }
    }
}
