/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.io;

import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.netraid.replicator.config.Tags;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.MirrorEvent;
import org.netraid.replicator.control.NodeControl;
import org.netraid.time.EventLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the control socket offers: paths to calls of {@link NodeControl}. Called on the control thread, works on the node's loop; there it
 * only takes what is to be told. To write that down as text takes as long as dozens of the application's writes, which go through the same
 * loop.
 */
final class ControlService {

    private static final Logger LOG = LoggerFactory.getLogger(ControlService.class);
    private static final long MAX_WAIT_SECONDS = 60;

    /**
     * @param status HTTP status
     * @param body what does not change any more
     */
    record Answer(int status, Record body) {

        /** Not for the node's loop. */
        String json() {
            return RecordJson.write(body);
        }
    }

    private final NodeControl control;
    private final EventLoop loop;

    ControlService(NodeControl control, EventLoop loop) {
        this.control = control;
        this.loop = loop;
    }

    /**
     * Answers one request.
     *
     * @param answer called once, on any thread
     * @return to be called when the asker has gone; ends what waits for events
     */
    Runnable handle(String method, String uri, String body, Consumer<Answer> answer) {
        QueryStringDecoder query = new QueryStringDecoder(uri);
        try {
            String[] path = query.path().split("/", -1);
            if (method.equals("GET") && query.path().equals("/v1/status")) {
                onLoop(answer, () -> answer.accept(new Answer(200, control.status())));
            } else if (method.equals("GET") && path.length == 4 && query.path().startsWith("/v1/mirrors/")) {
                String tag = path[3];
                onLoop(answer, () -> answer.accept(control.status(tag)
                        .map(status -> new Answer(200, status))
                        .orElseGet(() -> noSuchMirror(tag))));
            } else if (method.equals("POST") && path.length == 5 && query.path().startsWith("/v1/mirrors/") && path[4].equals("actions")) {
                MirrorCommand command = RecordJson.read(body, ActionRequest.class).toCommand(path[3]);
                onLoop(answer, () -> execute(command, answer));
            } else if (method.equals("GET") && query.path().equals("/v1/events")) {
                return events(number(query.parameters(), "since"), number(query.parameters(), "wait"), answer);
            } else {
                answer.accept(new Answer(404, problem("there is no " + method + " " + printable(query.path())
                        + "; see docs/commands.md for what there is")));
            }
        } catch (IllegalArgumentException e) {
            answer.accept(new Answer(400, problem(printable(e.getMessage()))));
        }
        return () -> { };
    }

    private void execute(MirrorCommand command, Consumer<Answer> answer) {
        if (Tags.fault(command.tag()) != null) {
            answer.accept(noSuchMirror(command.tag()));
            return;
        }
        control.execute(command, result -> answer.accept(new Answer(httpStatus(result.code()), result)));
    }

    /** Waits until there is an event after {@code since}, but no longer than {@code waitSeconds}. */
    private Runnable events(long since, long waitSeconds, Consumer<Answer> answer) {
        AtomicBoolean answered = new AtomicBoolean();
        AtomicReference<Runnable> cleanUp = new AtomicReference<>(() -> { });
        onLoop(answer, () -> {
            List<MirrorEvent> found = control.events(since);
            if (!found.isEmpty() || waitSeconds <= 0) {
                answer.accept(new Answer(200, new EventList(found)));
                return;
            }
            Runnable end = () -> {
                if (answered.compareAndSet(false, true)) {
                    cleanUp.get().run();
                    answer.accept(new Answer(200, new EventList(control.events(since))));
                }
            };
            // The event may be kept only after its listeners have run: look again in a turn of its own.
            Runnable removeListener = control.onEvent(event -> loop.execute(end));
            EventLoop.Timer timer = loop.schedule(Math.min(waitSeconds, MAX_WAIT_SECONDS) * 1_000_000_000L, end);
            cleanUp.set(() -> {
                removeListener.run();
                timer.cancel();
            });
        });
        return () -> loop.execute(() -> {
            if (answered.compareAndSet(false, true)) {
                cleanUp.get().run();
            }
        });
    }

    /** Runs on the node's loop; a defect there must not leave the asker without an answer. */
    private void onLoop(Consumer<Answer> answer, Runnable task) {
        loop.execute(() -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                answer.accept(defect(e));
            }
        });
    }

    /** The asker must not be left without an answer. */
    static Answer defect(RuntimeException e) {
        LOG.error("control request failed", e);
        return new Answer(500, CommandResult.failed(ExitCode.DEVICE_ERROR, "",
                "the daemon failed on this request: " + e.getMessage() + "; its log has the details"));
    }

    private static long number(Map<String, List<String>> parameters, String name) {
        String text = parameters.getOrDefault(name, List.of("0")).get(0);
        if (!text.matches("[0-9]{1,18}")) {
            throw new IllegalArgumentException(name + " must be a whole number");
        }
        return Long.parseLong(text);
    }

    private static Answer noSuchMirror(String tag) {
        return new Answer(404, CommandResult.failed(ExitCode.NO_SUCH_MIRROR, "",
                "this node has no mirror \"" + printable(tag) + "\"; mirror_status without a tag lists them"));
    }

    static CommandResult problem(String text) {
        return CommandResult.failed(ExitCode.USAGE, "", text);
    }

    private static String printable(String text) {
        return text.length() > 200 ? printable(text.substring(0, 200)) + "..." : text.replaceAll("[^ -~]", "?");
    }

    private static int httpStatus(ExitCode code) {
        return switch (code) {
            case DONE -> 200;
            case USAGE -> 400;
            case NO_SUCH_MIRROR -> 404;
            case REFUSED, BUSY -> 409;
            case UNREACHABLE -> 503;
            case DEVICE_ERROR -> 500;
            case TIMEOUT -> 504;
        };
    }
}
