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
 * @param targets of {@code start}, {@code force} and {@code fullresync} with {@code --dry-run}: what each target would get; else empty
 */
public record CommandResult(ExitCode code, String ruleId, List<String> lines, List<TargetPreview> targets) {

    public CommandResult {
        ruleId = ruleId == null ? "" : ruleId;
        lines = lines == null ? List.of() : List.copyOf(lines);
        targets = targets == null ? List.of() : List.copyOf(targets);
    }

    public CommandResult(ExitCode code, String ruleId, List<String> lines) {
        this(code, ruleId, lines, List.of());
    }

    public CommandResult withPreviews(List<TargetPreview> previews) {
        return new CommandResult(code, ruleId, lines, previews);
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
