/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.daemon;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.netraid.replicator.config.HookSettings;
import org.netraid.replicator.node.HookRunner;
import org.netraid.time.EventLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Runs hooks as processes: no arguments, no input, what they print goes to the log, and none lives longer than the timeout. */
final class HookProcesses implements HookRunner, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger("org.netraid.replicator.Hooks");
    /** Called so often that the log would hold nothing else. */
    private static final Set<String> REGULAR = Set.of(QUORUM, COROSYNC_QUORUMTOOL);
    private static final String COROSYNC_DEFAULT = "/usr/sbin/corosync-quorumtool";
    private static final int THREADS = 4;
    private static final int LOGGED_LINES = 100;
    private static final int LINE_LENGTH = 500;

    private final HookSettings settings;
    private final EventLoop loop;
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS, task -> thread("netraid-hook", task));
    private final ScheduledExecutorService killer = Executors.newSingleThreadScheduledExecutor(
            task -> thread("netraid-hook-timeout", task));

    HookProcesses(HookSettings settings, EventLoop loop) {
        this.settings = settings;
        this.loop = loop;
    }

    private static Thread thread(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public void run(String hook, Map<String, String> environment, Consumer<Result> done) {
        String program = settings.programs().getOrDefault(hook, hook.equals(COROSYNC_QUORUMTOOL) ? COROSYNC_DEFAULT : null);
        if (program == null) {
            done.accept(Result.NO_PROGRAM);
            return;
        }
        threads.execute(() -> {
            Result result = call(hook, program, environment);
            loop.execute(() -> done.accept(result));
        });
    }

    private Result call(String hook, String program, Map<String, String> environment) {
        boolean regular = REGULAR.contains(hook);
        LOG.atLevel(regular ? Level.DEBUG : Level.INFO).log("hook {}: calling {}", hook, program);
        List<String> output = new ArrayList<>();
        ProcessBuilder builder = new ProcessBuilder(hook.equals(COROSYNC_QUORUMTOOL) ? List.of(program, "-s") : List.of(program));
        builder.redirectErrorStream(true).directory(Path.of("/").toFile());
        builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        builder.environment().putAll(environment);
        builder.environment().put("NETRAID_HOOK", hook);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            return new Result("hook " + hook + " cannot be started: " + e.getMessage());
        }
        AtomicBoolean late = new AtomicBoolean();
        ScheduledFuture<?> timeout = killer.schedule(() -> {
            late.set(true);
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }, settings.timeoutNs(), TimeUnit.NANOSECONDS);
        try {
            String last = read(process, output);
            output.forEach(line -> LOG.atLevel(regular ? Level.DEBUG : Level.INFO).log("hook {}: {}", hook, line));
            int status = process.waitFor();
            if (late.get()) {
                return new Result("hook " + hook + " (" + program + ") has not ended within " + settings.timeoutNs() / 1_000_000
                        + " ms and was killed");
            }
            return new Result(status == 0 ? "" : "hook " + hook + " (" + program + ") ended with status " + status
                    + (last.isEmpty() ? "" : ": " + last), status, output);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
            return new Result("hook " + hook + " was interrupted");
        } catch (IOException e) {
            return new Result("hook " + hook + " (" + program + ") could not be followed: " + e.getMessage());
        } finally {
            timeout.cancel(false);
        }
    }

    /** Reads its output to the end, and keeps the first lines. @return the last line that is not empty */
    private static String read(Process process, List<String> kept) throws IOException {
        String last = "";
        try (BufferedReader output = process.inputReader()) {
            char[] piece = new char[LINE_LENGTH];
            StringBuilder line = new StringBuilder();
            for (int count = output.read(piece); count >= 0; count = output.read(piece)) {
                for (int i = 0; i < count; i++) {
                    if (piece[i] == '\n') {
                        last = flush(line, kept, last);
                    } else if (line.length() < LINE_LENGTH) {
                        line.append(piece[i] < ' ' ? '?' : piece[i]);
                    }
                }
            }
            return flush(line, kept, last);
        }
    }

    private static String flush(StringBuilder line, List<String> kept, String last) {
        String text = line.toString().strip();
        line.setLength(0);
        if (text.isEmpty()) {
            return last;
        }
        if (kept.size() < LOGGED_LINES) {
            kept.add(text);
        }
        return text;
    }

    @Override
    public void close() {
        threads.shutdownNow();
        killer.shutdownNow();
    }
}
