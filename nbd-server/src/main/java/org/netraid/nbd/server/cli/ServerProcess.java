/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockRequest;
import org.netraid.block.io.DeviceOpenException;
import org.netraid.block.io.DiskWorkers;
import org.netraid.block.io.FileBlockDevice;
import org.netraid.block.io.FileDeviceOptions;
import org.netraid.link.LinkAddress;
import org.netraid.link.io.InheritedSocket;
import org.netraid.link.io.NettyEventLoop;
import org.netraid.link.io.NettyLinkFactory;
import org.netraid.link.io.NettyLinkOptions;
import org.netraid.link.io.NettyRuntime;
import org.netraid.nbd.server.BufferPool;
import org.netraid.nbd.server.Export;
import org.netraid.nbd.server.FixedExports;
import org.netraid.nbd.server.NbdService;
import org.netraid.nbd.server.ServerLimits;
import org.netraid.nbd.server.ServerTls;
import org.netraid.nbd.server.io.LogEvents;
import org.netraid.nbd.server.io.NbdServer;
import org.netraid.nbd.wire.Extension;
import org.netraid.nbd.wire.NbdUri;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of one {@code nbd-server}: open the files, listen, say so, serve, and on a signal finish what is in flight,
 * flush, and end with status 0.
 */
final class ServerProcess {

    private static final Logger LOG = LoggerFactory.getLogger(ServerProcess.class);
    private static final int DISK_THREADS = 8;
    /** With direct I/O each request waits for the medium on a thread of its own. */
    private static final int DIRECT_THREADS = 32;
    private static final int WORKER_CAPACITY_PER_FILE = 64;
    private static final long MAX_MEMORY_BYTES = 256 << 20;
    private static final long LISTEN_TIMEOUT_S = 30;
    private static final long FLUSH_TIMEOUT_S = 60;

    private final LinkAddress address;
    private final List<ExportSpec> specs;
    private final ServerLimits limits;
    private final ServerTls tls;
    private final List<Export> exports = new ArrayList<>();
    private Set<Extension> extensions = Set.of(Extension.values());
    private boolean direct;
    private InheritedSocket inherited;
    private NettyEventLoop loop;
    private BufferPool pool;
    private volatile NbdServer server;

    ServerProcess(LinkAddress address, List<ExportSpec> specs, ServerLimits limits, ServerTls tls) {
        this.tls = tls;
        this.address = address;
        this.specs = specs;
        this.limits = limits;
    }

    /** Listens on this socket instead of on an address. */
    void inherit(InheritedSocket socket) {
        inherited = socket;
    }

    /** Which of NetRAID's additions to the protocol clients may use; all, unless this says otherwise. */
    void offer(Set<Extension> offered) {
        extensions = offered;
    }

    /** Reads and writes past the page cache. */
    void useDirectIo() {
        direct = true;
    }

    static void warn(String sentence) {
        LOG.warn("{}", sentence);
    }

    /** Serves until a signal ends the process; returns only by an exception. */
    void run() throws ServerFailure, InterruptedException {
        NettyRuntime runtime = new NettyRuntime("nbd-server", 1, e -> LOG.error("internal error; the client concerned is cut", e));
        loop = runtime.loop(0);
        int threads = direct ? DIRECT_THREADS : DISK_THREADS;
        openAll(new DiskWorkers("nbd-disk", threads, Math.max(256, specs.size() * WORKER_CAPACITY_PER_FILE)));
        FixedExports table = tableOf(exports);
        long memoryBytes = Math.max(BufferPool.LARGEST_BYTES * 2L, Math.min(MAX_MEMORY_BYTES, Runtime.getRuntime().maxMemory() / 2));
        pool = new BufferPool(memoryBytes);
        NbdService service = new NbdService(loop, table, limits, pool, new LogEvents(), tls);
        service.offer(extensions);
        server = listen(runtime, service);
        Runtime.getRuntime().addShutdownHook(new Thread(this::endOnSignal, "nbd-server-end"));
        for (Export export : exports) {
            boolean secured = tls.mode() == ServerTls.Mode.REQUIRE || export.tlsOnly();
            System.out.println(new NbdUri(server.address(), export.name(), secured ? NbdUri.Tls.DEFAULT : null));
        }
        System.out.flush();
        new CountDownLatch(1).await();
    }

    private void openAll(DiskWorkers workers) throws ServerFailure {
        for (ExportSpec spec : specs) {
            try {
                FileDeviceOptions cached = FileDeviceOptions.DEFAULT.withReadOnly(spec.readOnly());
                FileDeviceOptions options = direct ? cached.withDirect() : cached;
                FileBlockDevice device = FileBlockDevice.open(spec.file(), options, loop, workers);
                exports.add(new Export(spec.name(), spec.description(), device, spec.readOnly()).withTlsOnly(spec.tlsOnly()));
            } catch (DeviceOpenException e) {
                throw new ServerFailure(e.getMessage());
            }
        }
    }

    private static FixedExports tableOf(List<Export> exports) {
        try {
            return new FixedExports(exports);
        } catch (IllegalArgumentException e) {
            throw new UsageException(e.getMessage() + "; write NAME=FILE");
        }
    }

    private NbdServer listen(NettyRuntime runtime, NbdService service) throws ServerFailure, InterruptedException {
        CompletableFuture<NbdServer> started = new CompletableFuture<>();
        CompletableFuture<String> failed = new CompletableFuture<>();
        NettyLinkFactory links = runtime.links(0, NettyLinkOptions.DEFAULT);
        if (inherited != null) {
            NbdServer.adopt(links, inherited, service, started::complete, failed::complete);
        } else {
            NbdServer.listen(links, address, service, started::complete, failed::complete);
        }
        try {
            CompletableFuture.anyOf(started, failed).get(LISTEN_TIMEOUT_S, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new ServerFailure("cannot listen on " + (inherited == null ? address : "the inherited socket") + ": " + e.getMessage());
        }
        if (failed.isDone()) {
            throw new ServerFailure("cannot listen: " + failed.join());
        }
        return started.join();
    }

    /** Runs in the JVM's shutdown hook; ends the process itself, because a hook cannot change the exit status otherwise. */
    private void endOnSignal() {
        int status = 0;
        try {
            CompletableFuture<Void> stopped = new CompletableFuture<>();
            loop.execute(() -> server.stop(() -> stopped.complete(null)));
            stopped.get(limits.shutdownTimeoutNs() + TimeUnit.SECONDS.toNanos(FLUSH_TIMEOUT_S), TimeUnit.NANOSECONDS);
            for (Export export : exports) {
                if (!flushAndClose(export)) {
                    status = 1;
                }
            }
            if (heldBytes() != 0) {
                System.err.println("nbd-server: internal error: " + heldBytes() + " bytes of payload memory were never given back");
                status = 1;
            }
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            System.err.println("nbd-server: requests are still with the disk; ended without waiting for them");
            status = 1;
        }
        System.out.flush();
        Runtime.getRuntime().halt(status);
    }

    /** Payload memory in use; without sessions and requests there is none. */
    private long heldBytes() throws InterruptedException, ExecutionException, TimeoutException {
        CompletableFuture<Long> held = new CompletableFuture<>();
        loop.execute(() -> held.complete(pool.inUseBytes()));
        return held.get(FLUSH_TIMEOUT_S, TimeUnit.SECONDS);
    }

    private boolean flushAndClose(Export export)
            throws InterruptedException, ExecutionException, TimeoutException {
        CompletableFuture<String> flushed = new CompletableFuture<>();
        loop.execute(() -> {
            boolean needed = !export.readOnly() && export.device().can(BlockCapability.FLUSH);
            if (needed) {
                export.device().submit(new BlockRequest().flush(done -> flushed.complete(done.error().isError() ? done.errorDetail()
                        : "")));
            } else {
                flushed.complete("");
            }
        });
        String error = flushed.get(FLUSH_TIMEOUT_S, TimeUnit.SECONDS);
        if (!error.isEmpty()) {
            System.err.println("nbd-server: the last flush failed, written data may be lost: " + error);
        }
        CompletableFuture<Void> closed = new CompletableFuture<>();
        loop.execute(() -> export.device().close(() -> closed.complete(null)));
        closed.get(FLUSH_TIMEOUT_S, TimeUnit.SECONDS);
        return error.isEmpty();
    }
}
