/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.io;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.MirrorStatus;
import org.netraid.replicator.control.NodeStatus;

/**
 * Talks to a daemon's control socket. Blocking, one connection per request, each with a deadline. Made for short commands: no
 * event loop, no logging, few classes.
 */
public final class ControlClient {

    private static final int MAX_ANSWER_BYTES = 16 << 20;
    private static final String START_IT = "; start it: replicator --config FILE --node NAME";

    private final Path socket;
    private final long timeoutNs;

    /** @param timeoutNs how long the daemon may take for one answer */
    public ControlClient(Path socket, long timeoutNs) {
        this.socket = socket;
        this.timeoutNs = timeoutNs;
    }

    public NodeStatus status() throws ControlException {
        return RecordJson.read(ask("GET", "/v1/status", ""), NodeStatus.class);
    }

    public MirrorStatus status(String tag) throws ControlException {
        return RecordJson.read(ask("GET", "/v1/mirrors/" + tag, ""), MirrorStatus.class);
    }

    /** Carries the command out; a refusal is a result, not an exception. */
    public CommandResult execute(MirrorCommand command) throws ControlException {
        Response response = exchange("POST", "/v1/mirrors/" + command.tag() + "/actions", RecordJson.write(ActionRequest.of(command)));
        return parse(response, CommandResult.class);
    }

    /** Events after {@code since}, waiting up to {@code waitSeconds} for one. */
    public EventList events(long since, int waitSeconds) throws ControlException {
        return RecordJson.read(ask("GET", "/v1/events?since=" + since + "&wait=" + waitSeconds, ""), EventList.class);
    }

    /** The body of a successful answer as it came. */
    public String ask(String method, String path, String body) throws ControlException {
        Response response = exchange(method, path, body);
        if (response.status() != 200) {
            CommandResult result = parse(response, CommandResult.class);
            throw new ControlException(result.code(), String.join("\n", result.lines()));
        }
        return response.body();
    }

    private <T extends Record> T parse(Response response, Class<T> type) throws ControlException {
        try {
            return RecordJson.read(response.body(), type);
        } catch (IllegalArgumentException e) {
            throw new ControlException(ExitCode.UNREACHABLE, "the daemon at " + socket + " answered with HTTP status " + response.status()
                    + " and something that is not understood; is it of another version?");
        }
    }

    private record Response(int status, String body) {
    }

    private Response exchange(String method, String path, String body) throws ControlException {
        long deadlineNs = System.nanoTime() + timeoutNs;
        byte[] content = body.getBytes(StandardCharsets.UTF_8);
        String head = method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
                + content.length + "\r\nConnection: close\r\n\r\n";
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket)); Selector selector = Selector.open()) {
            channel.configureBlocking(false);
            SelectionKey key = channel.register(selector, SelectionKey.OP_WRITE);
            ByteBuffer request = ByteBuffer.wrap((head + body).getBytes(StandardCharsets.UTF_8));
            while (request.hasRemaining()) {
                await(selector, deadlineNs);
                channel.write(request);
            }
            key.interestOps(SelectionKey.OP_READ);
            return split(readAll(channel, selector, deadlineNs));
        } catch (IOException e) {
            throw new ControlException(ExitCode.UNREACHABLE, why(e));
        }
    }

    private static byte[] readAll(SocketChannel channel, Selector selector, long deadlineNs) throws IOException, ControlException {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(16 << 10);
        while (true) {
            await(selector, deadlineNs);
            int count = channel.read(buffer.clear());
            if (count < 0) {
                return answer.toByteArray();
            }
            if (answer.size() + count > MAX_ANSWER_BYTES) {
                throw new IOException("the answer is too long");
            }
            answer.write(buffer.array(), 0, count);
        }
    }

    private static void await(Selector selector, long deadlineNs) throws IOException, ControlException {
        long leftMs = (deadlineNs - System.nanoTime()) / 1_000_000;
        if (leftMs <= 0 || selector.select(leftMs) == 0) {
            throw new ControlException(ExitCode.TIMEOUT, "the daemon has not answered in time; what was asked for may still happen");
        }
        selector.selectedKeys().clear();
    }

    private static Response split(byte[] answer) throws IOException {
        String text = new String(answer, StandardCharsets.UTF_8);
        int end = text.indexOf("\r\n\r\n");
        if (end < 0 || !text.startsWith("HTTP/1.1 ") || text.length() < 12 || !text.substring(9, 12).matches("[1-5][0-9][0-9]")) {
            throw new IOException("the daemon closed the connection without an answer");
        }
        return new Response(Integer.parseInt(text.substring(9, 12)), text.substring(end + 4));
    }

    private String why(IOException e) {
        if (Files.notExists(socket)) {
            return "no daemon runs here: there is no " + socket + START_IT;
        }
        if (e instanceof java.net.ConnectException) {
            return "no daemon runs here: nobody listens on " + socket + " (left behind by one that was killed)" + START_IT;
        }
        String reason = e.getMessage() == null ? e.toString() : e.getMessage();
        return reason.contains("Permission denied")
                ? socket + " may be opened by its owner only; run this as the daemon's user"
                : "cannot talk to the daemon at " + socket + ": " + reason;
    }
}
