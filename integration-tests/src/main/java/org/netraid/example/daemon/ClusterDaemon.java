/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.example.daemon;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.netraid.api.NetRaid;
import org.netraid.api.NetRaidConfig;
import org.netraid.api.NetRaidDevice;
import org.netraid.api.NetRaidException;
import org.netraid.api.NetRaidListener;
import org.netraid.api.NetRaidState;
import org.netraid.block.BlockCompletion;
import org.netraid.block.BlockRequest;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;

/**
 * A cluster daemon in one file: of all nodes that run it, the one that holds the lease puts the mirror in service and runs the
 * application, which counts in the mirror's first block. When it dies the next one takes over and goes on counting.
 *
 * <pre>  ClusterDaemon CONFIG NODE TAG LEASE</pre>
 *
 * Prints what happens: {@code state ...} for each change, {@code count N} when N is on stable storage in every copy in sync.
 */
public final class ClusterDaemon {

    private static final int BLOCK_BYTES = 4096;
    private static final long PAUSE_MS = 50;

    private final NetRaidDevice mirror;
    private final Lease lease;
    private final CountDownLatch defect = new CountDownLatch(1);

    private ClusterDaemon(NetRaidDevice mirror, Lease lease) {
        this.mirror = mirror;
        this.lease = lease;
    }

    public static void main(String[] arguments) {
        if (arguments.length != 4) {
            System.err.println("usage: ClusterDaemon CONFIG NODE TAG LEASE");
            System.exit(1);
        }
        try {
            NetRaidDevice mirror = NetRaid.open(NetRaidConfig.ofFile(arguments[0], arguments[1], arguments[2]));
            ClusterDaemon daemon = new ClusterDaemon(mirror, new Lease(Path.of(arguments[3])));
            Runtime.getRuntime().addShutdownHook(new Thread(daemon::end));
            daemon.run();
        } catch (NetRaidException e) {
            System.err.println("ClusterDaemon: " + e.getMessage());
            System.exit(1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() throws NetRaidException, InterruptedException {
        mirror.addListener(new NetRaidListener() {
            @Override
            public void onState(NetRaidState state) {
                say("state " + state.role() + " " + state.diskState() + " " + state.words() + " " + state.targets());
            }

            @Override
            public void onDefect(Throwable failure) {
                say("defect " + failure);
                defect.countDown();
            }
        });
        do {
            if (!mirror.state().isInService() && lease.take()) {
                goInService();
            } else if (mirror.state().isInService() && lease.isHeld()) {
                count();
            }
        } while (!defect.await(PAUSE_MS, TimeUnit.MILLISECONDS));
        System.exit(1);
    }

    /** The decision table has the last word: a copy that may be stale is refused, and somebody else should have the lease. */
    private void goInService() throws NetRaidException, InterruptedException {
        boolean isNew = !mirror.status().created();
        CommandResult result = mirror.executeAndWait(MirrorCommand.of(mirror.name(), isNew ? MirrorActionType.CREATE
                : MirrorActionType.START, null));
        say("start " + result.code() + " " + result.ruleId() + " " + String.join("; ", result.lines()));
        if (result.code() != ExitCode.DONE) {
            lease.giveUp();
            defect.await(10 * PAUSE_MS, TimeUnit.MILLISECONDS);
        }
    }

    // ---- the application

    private void count() throws InterruptedException {
        ByteBuffer block = ByteBuffer.allocateDirect(BLOCK_BYTES);
        String problem = await(done -> new BlockRequest().read(0, block, done));
        long next = block.getLong(0) + 1;
        if (problem.isEmpty()) {
            block.clear().putLong(0, next);
            problem = await(done -> new BlockRequest().write(0, block, BlockRequest.FUA, done));
        }
        say(problem.isEmpty() ? "count " + next : "error " + problem);
    }

    /** @return "" or what failed */
    private String await(Function<BlockCompletion, BlockRequest> request) throws InterruptedException {
        CompletableFuture<String> ended = new CompletableFuture<>();
        mirror.submit(request.apply(done -> ended.complete(done.error().isError() ? done.error() + " " + done.errorDetail() : "")));
        try {
            return ended.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private void end() {
        try {
            mirror.closeAndWait();
            say("ended");
        } catch (NetRaidException e) {
            say("not ended in order: " + e.getMessage());
        }
        lease.giveUp();
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
