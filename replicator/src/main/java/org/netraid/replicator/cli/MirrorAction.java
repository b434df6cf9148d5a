/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.netraid.mirror.LocalErrorPolicy;
import org.netraid.replicator.config.Names;
import org.netraid.replicator.config.Tags;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.io.ControlClient;
import org.netraid.replicator.io.ControlException;
import org.netraid.replicator.io.RecordJson;
import org.netraid.replicator.io.Suggestions;

/** {@code mirror_action <tag> <action> [source] [target...]}: DataKeeper's command, and what an operator needs around it. */
public final class MirrorAction {

    private static final Set<String> FLAGS = Set.of("--dry-run", "--json", "--verbose", "--help", "--i-accept-inconsistent-data",
            "--assume-clean", "--repair", "--stop", "--seeded", "--writable", "--discard-my-data", "--do-not-save");
    private static final Set<String> VALUED = Set.of("--config", "--node", "--socket", "--source", "--target", "--timeout", "--max",
            "--min", "--for");
    private static final Set<String> OPTIONAL = Set.of("--wait");
    private static final Set<MirrorActionType> REPORTING = EnumSet.of(MirrorActionType.EXPLAIN, MirrorActionType.SPLIT_BRAIN,
            MirrorActionType.EXPOSE, MirrorActionType.SPEED, MirrorActionType.SUSPEND_IO, MirrorActionType.RESUME_IO);
    private static final double DEFAULT_TIMEOUT_SECONDS = 130;
    private static final double DEFAULT_WAIT_SECONDS = 86_400;

    static final String USAGE = """
            usage: mirror_action <tag> <action> [source] [target...] [options]

            actions
              pause [source] [target...]       stop replicating to the targets (all, if none is named); what they miss is tracked
              resume [source] [target...]      end a pause: a partial resync follows
              expose [node]                    let applications read a paused target's copy on its node, until it is resumed; --writable,
                                               --stop
              fullresync [source] [target...]  resume and send everything
              force [node]                     put the mirror in service on a node that cannot prove that its copy is the newest
              create [node]                    make the mirror: this node's content is the content, every target gets a copy
              start [node]                     put the mirror in service: a restart, or a takeover
              stop [node]                      take the mirror out of service in order
              switchover [source] <node>       move the mirror to another node in order
              add [source] <target...>         start replicating to a configured target ("extend" is the same)
              remove [source] <target...>      forget a target
              verify [source] [target...]      compare targets with the source, online; what differs becomes dirty
              resize [source]                  give the mirror the size its disks have now (or `size` in the configuration)
              newlog [source]                  put an intent log that has failed on its repaired device
              split-brain [node]               what changed on each side of a split brain, and what each choice gives up
              resolve [source] [target]        end a split brain: the source's data are kept, the target's are saved and overwritten
              rollback [node]                  take an interrupted resync over a node's copy back
              protocol A|B|C [source] [target...]
                                               when a write is done: A queued here, B received or C written by the target; at once,
                                               and over restarts; "default" goes back to the configuration
              speed [source]                   how fast resyncs may go; with --max or --min: change it, until the next start
              suspend-io [source] [--for SECONDS]
                                               hold the application's writes at a consistent point, for a snapshot (60 s if not said)
              resume-io [source]               let them go on
              attach [source]                  fill the source's new or repaired disk from the targets and use it again
              on-io-error detach|pass_on|stop [source]
                                               what an error of the source's disk leads to, until the next start
              explain [node]                   why a node is blocked or waits, and what would unblock it

            The third word names the SOURCE, as in DataKeeper ("pause eve" pauses the mirror of source eve). Without it, the node
            this is run on is meant. --source and --target say it plainly.

            options
              --source NODE, --target NODE     instead of the words; --target may be repeated
              --dry-run                        decide and explain, change nothing
              --wait[=SECONDS]                 return when the targets are in sync again; verify: when it has ended
              --assume-clean                   create, add: the copies are known to be equal, send nothing
              --i-accept-inconsistent-data     force on a node in the middle of a resync
              --writable                       expose: also to be written; that is overwritten when the target is resumed
              --discard-my-data                resolve: the node it is given to gives up its own data
              --do-not-save                    resolve: do not save what only the copy has that is given up
              --seeded                         add, fullresync: the target was filled with a copy; compare, send only differences
              --max RATE, --min RATE           speed: bytes per second, such as 100M; 0: no limit. DataKeeper's LKDR_SPEED_LIMIT=KIB
                                               and LKDR_SPEED_LIMIT_MIN=KIB do the same
              --for SECONDS                    suspend-io: writes go on by themselves after this time, 1 to 3600
              --repair                         verify: give the target the source's data where it differs
              --stop                           verify: end the one that runs
              --json                           print the result as JSON
              --verbose                        print what was done also on success
              --timeout SECONDS                how long the daemon may take to answer (130)
              --config FILE, --node NAME       which daemon (environment: NETRAID_CONFIG, NETRAID_NODE); or
              --socket PATH                    its control socket

            exit status: 0 done or already so, 1 usage, 2 no such mirror, 3 refused by a safety rule, 4 unreachable,
              5 device error, or verify --wait found differences that are not repaired, 6 busy, 7 not done in time
            """;

    private MirrorAction() {
    }

    public static void main(String[] arguments) {
        System.exit(run(arguments, System.getenv(), System.out, System.err));
    }

    static int run(String[] arguments, Map<String, String> environment, PrintStream out, PrintStream err) {
        try {
            Arguments parsed = parse(arguments);
            if (parsed.has("--help")) {
                out.print(USAGE);
                return ExitCode.DONE.status();
            }
            MirrorCommand command = command(parsed);
            Path socket = DaemonLocation.find(parsed, environment);
            long timeoutNs = (long) (parsed.seconds("--timeout", DEFAULT_TIMEOUT_SECONDS) * 1e9);
            double waitSeconds = parsed.seconds("--wait", DEFAULT_WAIT_SECONDS);
            ControlClient client = new ControlClient(socket, Math.max(timeoutNs, 1_000_000L));
            CommandResult result = client.execute(command);
            print(result, command, parsed, out, err);
            if (result.code() == ExitCode.DONE && parsed.has("--wait") && !command.dryRun()) {
                if (command.action() == MirrorActionType.VERIFY) {
                    return VerifyWait.until(client, command, waitSeconds, out, err).status();
                }
                SyncWait.until(client, command.tag(), command.targets(), waitSeconds);
            }
            return result.code().status();
        } catch (UsageException e) {
            return fail(err, ExitCode.USAGE, "", List.of(e.getMessage()));
        } catch (ControlException e) {
            return fail(err, e.code(), "", e.getMessage().lines().toList());
        }
    }

    private static void print(CommandResult result, MirrorCommand command, Arguments parsed, PrintStream out, PrintStream err) {
        boolean outputIsThePoint = REPORTING.contains(command.action()) || command.dryRun() || parsed.has("--verbose");
        if (parsed.has("--json")) {
            out.println(RecordJson.write(result, true));
        } else if (result.code() == ExitCode.DONE && outputIsThePoint) {
            result.lines().forEach(out::println);
            if (!result.ruleId().isEmpty()) {
                out.println("Rule: " + result.ruleId());
            }
        }
        if (result.code() != ExitCode.DONE) {
            fail(err, result.code(), result.ruleId(), result.lines());
        }
    }

    private static int fail(PrintStream err, ExitCode code, String ruleId, List<String> lines) {
        String head = "mirror_action: " + code + (ruleId.isEmpty() ? " " : " " + ruleId + ": ");
        err.println(head + (lines.isEmpty() ? "no reason given" : lines.get(0)));
        lines.stream().skip(1).forEach(line -> err.println("mirror_action: " + line));
        return code.status();
    }

    static Arguments parse(String[] arguments) throws UsageException {
        return Arguments.parse(arguments, FLAGS, VALUED, OPTIONAL);
    }

    static MirrorCommand command(Arguments parsed) throws UsageException {
        List<String> words = parsed.words();
        if (words.size() < 2) {
            throw new UsageException((words.isEmpty() ? "no tag and no action" : "no action") + "; mirror_action --help shows the usage");
        }
        String tag = words.get(0);
        String tagFault = Tags.fault(tag);
        if (tagFault != null) {
            throw new UsageException(tagFault);
        }
        MirrorActionType action = MirrorActionType.ofWord(words.get(1)).orElseThrow(() -> unknownAction(words));
        String setting = setting(action, words);
        List<String> rest = words.subList(setting == null ? 2 : 3, words.size());
        List<String> settings = rest.stream().filter(word -> word.contains("=")).toList();
        List<String> nodes = rest.stream().filter(word -> !word.contains("=")).toList();
        String source = parsed.value("--source");
        List<String> targets = new ArrayList<>(parsed.values("--target"));
        if (!nodes.isEmpty() && (source != null || !targets.isEmpty())) {
            throw new UsageException("name the nodes either by words or by --source and --target, not both");
        }
        if (!nodes.isEmpty()) {
            boolean firstIsSource = !takesTarget(action) || nodes.size() > 1;
            source = firstIsSource ? nodes.get(0) : null;
            targets.addAll(nodes.subList(firstIsSource ? 1 : 0, nodes.size()));
        }
        checkNodes(action, source, targets);
        return new MirrorCommand(tag, action, source, targets, parsed.has("--dry-run"), parsed.has("--i-accept-inconsistent-data"),
                parsed.has("--assume-clean"), options(action, parsed, settings, setting));
    }

    /** The word behind the action that is not a node; null if it has none. */
    private static String setting(MirrorActionType action, List<String> words) throws UsageException {
        return action == MirrorActionType.PROTOCOL ? protocol(words) : action == MirrorActionType.ON_IO_ERROR ? policy(words) : null;
    }

    private static String policy(List<String> words) throws UsageException {
        require(words.size() > 2 && LocalErrorPolicy.ofWord(words.get(2)).isPresent(), "on-io-error needs detach, pass_on or stop as its "
                + "next word");
        return words.get(2);
    }

    private static String protocol(List<String> words) throws UsageException {
        require(words.size() > 2 && List.of("A", "B", "C", MirrorCommand.DEFAULT_PROTOCOL).contains(words.get(2)),
                "protocol needs A, B, C or " + MirrorCommand.DEFAULT_PROTOCOL + " as its next word");
        return words.get(2);
    }

    private static List<String> options(MirrorActionType action, Arguments parsed, List<String> settings, String setting)
            throws UsageException {
        List<String> options = ActionOptions.of(action, parsed, settings);
        return setting == null ? options : List.of(setting);
    }

    /** Actions that mean nothing without a target: there a lone word is the target. */
    private static boolean takesTarget(MirrorActionType action) {
        return action == MirrorActionType.SWITCHOVER || action == MirrorActionType.ADD || action == MirrorActionType.REMOVE;
    }

    private static void checkNodes(MirrorActionType action, String source, List<String> targets) throws UsageException {
        List<String> all = new ArrayList<>(targets);
        if (source != null) {
            all.add(source);
        }
        for (String node : all) {
            String fault = Names.fault(node);
            if (fault != null) {
                throw new UsageException("node name: " + fault);
            }
        }
        if (all.stream().distinct().count() != all.size()) {
            throw new UsageException("a node is named twice");
        }
        switch (action) {
            case SWITCHOVER -> require(targets.size() == 1, "switchover needs one node to move the mirror to");
            case ADD, REMOVE -> require(!targets.isEmpty(), action.word() + " needs a target");
            case CREATE, START, STOP, FORCE, ROLLBACK, SPLIT_BRAIN, EXPOSE,
                    RESIZE, NEWLOG, SPEED, SUSPEND_IO, RESUME_IO, ATTACH, ON_IO_ERROR, EXPLAIN ->
                    require(targets.isEmpty(), action.word() + " takes one node");
            case RESOLVE -> require(targets.size() <= 1, "resolve takes the node whose data are kept, and the one whose are given up");
            default -> { }
        }
    }

    static void require(boolean condition, String otherwise) throws UsageException {
        if (!condition) {
            throw new UsageException(otherwise + "; mirror_action --help shows the usage");
        }
    }

    private static UsageException unknownAction(List<String> words) {
        String word = words.get(1);
        if (MirrorActionType.ofWord(words.get(0)).isPresent()) {
            return new UsageException("the tag comes first, then the action: mirror_action " + word.replaceAll("[^ -~]", "?") + " "
                    + words.get(0));
        }
        List<String> known = Arrays.stream(MirrorActionType.values()).map(MirrorActionType::word).toList();
        return new UsageException("unknown action \"" + word.replaceAll("[^ -~]", "?") + "\"" + Suggestions.didYouMean(word, known)
                + "; actions are " + known.stream().collect(Collectors.joining(", ")));
    }
}
