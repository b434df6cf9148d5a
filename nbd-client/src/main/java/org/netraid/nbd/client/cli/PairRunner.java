/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client.cli;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.netraid.block.BlockDevice;
import org.netraid.nbd.client.CompareJob;
import org.netraid.nbd.client.CopyJob;
import org.netraid.nbd.client.MultiConnector;
import picocli.CommandLine.Option;

/** Runs a {@link CopyJob} and draws its progress. */
final class PairRunner {

    private static final int MIN_PIECE_BYTES = 512;
    private static final int MAX_PIECE_BYTES = 32 << 20;

    @Option(names = "--requests", paramLabel = "N", defaultValue = "16",
            description = "Requests in flight at one time (default ${DEFAULT-VALUE}).")
    private int requests;
    @Option(names = "--request-size", paramLabel = "SIZE", defaultValue = "256k", converter = ByteSize.class,
            description = "Bytes of one request (default ${DEFAULT-VALUE}).")
    private long requestBytes;
    @Option(names = "--progress", negatable = true, defaultValue = "true", fallbackValue = "true",
            description = "Draw a progress bar if standard error is a terminal (the default).")
    private boolean progress;

    @Option(names = {"-C", "--connections"}, paramLabel = "N", defaultValue = "4",
            description = "Connections to each export, where the server allows several (default ${DEFAULT-VALUE}).")
    private int connections;

    int connections() {
        return connections;
    }

    void check() {
        if (connections < 1 || connections > MultiConnector.MAX_CONNECTIONS) {
            throw new CliFailure("--connections " + connections + " is not in 1 to " + MultiConnector.MAX_CONNECTIONS);
        }
        if (requests < 1 || requests > 1024) {
            throw new CliFailure("--requests " + requests + " is not in 1 to 1024");
        }
        if (requestBytes < MIN_PIECE_BYTES || requestBytes > MAX_PIECE_BYTES || requestBytes % MIN_PIECE_BYTES != 0) {
            throw new CliFailure("--request-size " + requestBytes + " is not a multiple of 512 up to 32M");
        }
    }

    /** Returns when the job has ended. @param end gets the reason for a failure, or the empty string */
    CopyJob run(ClientSession session, BlockDevice source, BlockDevice target, CopyJob.Mode mode, CompletableFuture<String> end) {
        CopyJob job = new CopyJob(source, target, mode, (int) requestBytes, end::complete);
        await(session, job.sizeBytes(), job::doneBytes, () -> job.start(requests), end);
        return job;
    }

    /** As {@link #run}. @param retries how often what differs is read again */
    CompareJob compare(ClientSession session, BlockDevice one, BlockDevice other, int retries, CompletableFuture<String> end) {
        CompareJob job = new CompareJob(one, other, session.loop(), (int) requestBytes, retries, end::complete);
        await(session, job.sizeBytes(), job::doneBytes, () -> job.start(requests), end);
        return job;
    }

    private void await(ClientSession session, long sizeBytes, LongSupplier doneBytes, Runnable start, CompletableFuture<String> end) {
        ProgressBar bar = new ProgressBar(System.err, progress && ProgressBar.onTerminal(), sizeBytes, doneBytes);
        session.loop().execute(start);
        while (!end.isDone()) {
            try {
                end.get(100, TimeUnit.MILLISECONDS);
            } catch (TimeoutException running) {
                session.check();
                bar.redraw();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CliFailure("interrupted");
            } catch (ExecutionException e) {
                throw new CliFailure("internal error: " + e.getCause());
            }
        }
        bar.finish();
    }
}
