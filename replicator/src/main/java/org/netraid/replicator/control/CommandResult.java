/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.control;

import java.util.List;

/**
 * How a command ended.
 *
 * @param code exit code
 * @param ruleId row of the decision table that decided, such as {@code D3}; "" if none did
 * @param lines text for the operator, one line each: results on success, what failed, the state now and the next step otherwise
 */
public record CommandResult(ExitCode code, String ruleId, List<String> lines) {

    public CommandResult {
        ruleId = ruleId == null ? "" : ruleId;
        lines = lines == null ? List.of() : List.copyOf(lines);
    }

    public static CommandResult done(String... lines) {
        return new CommandResult(ExitCode.DONE, "", List.of(lines));
    }

    public static CommandResult failed(ExitCode code, String ruleId, String... lines) {
        return new CommandResult(code, ruleId, List.of(lines));
    }

    public static CommandResult refused(String ruleId, String... lines) {
        return failed(ExitCode.REFUSED, ruleId, lines);
    }
}
