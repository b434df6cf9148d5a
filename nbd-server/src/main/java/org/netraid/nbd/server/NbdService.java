/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.Set;
import org.netraid.link.LinkHandler;
import org.netraid.nbd.wire.Extension;
import org.netraid.time.EventLoop;

/**
 * All sessions of a server on one event loop: admits links, bounds what they may use together, cuts sessions of an
 * export, and shuts down in order. Does not own the devices.
 */
public final class NbdService {

    private final EventLoop loop;
    private final ExportTable exports;
    private final ServerLimits limits;
    private final BufferPool pool;
    private final ServerEvents events;
    /** In order of arrival. */
    private final Set<NbdServerSession> sessions = new LinkedHashSet<>();
    private final Admission admission;
    private long optionBytes;
    private final ServerTls tls;
    private Set<Extension> extensions = Set.of(Extension.values());
    private boolean stopping;
    private boolean memoryWatch;
    private Runnable stopped;
    private EventLoop.Timer shutdownTimer;

    /** A service without TLS. */
    public NbdService(EventLoop loop, ExportTable exports, ServerLimits limits, BufferPool pool, ServerEvents events) {
        this(loop, exports, limits, pool, events, ServerTls.OFF);
    }

    /** @param pool payload memory; may be shared by several services on one loop */
    public NbdService(EventLoop loop, ExportTable exports, ServerLimits limits, BufferPool pool, ServerEvents events, ServerTls tls) {
        this.loop = loop;
        this.exports = exports;
        this.limits = limits;
        this.admission = new Admission(limits);
        this.pool = pool;
        this.events = events;
        this.tls = tls;
    }

    /**
     * Which of NetRAID's additions to the protocol later clients may use; all, unless this says otherwise. A client that does not ask for
     * them notices them only in a list of metadata contexts.
     */
    public void offer(Set<Extension> offered) {
        extensions = Set.copyOf(offered);
    }

    /** The handler of a new link, or null to refuse it. Fits {@link org.netraid.link.LinkFactory#listen}. */
    public LinkHandler accept(String peer) {
        String refusal = stopping ? "the server is shutting down" : admission.admit(peer);
        if (refusal != null) {
            events.onRefused(peer, refusal);
            return null;
        }
        NbdServerSession session = new NbdServerSession(this, peer);
        sessions.add(session);
        return session;
    }

    /** Cuts every session that has opened the export; {@link ExportTable#onClosed} tells when each is really gone. */
    public void cut(Export export, String reason) {
        for (NbdServerSession session : List.copyOf(sessions)) {
            if (session.export() == export) {
                session.cut(reason);
            }
        }
    }

    public int connections() {
        return sessions.size();
    }

    /** Sessions that have opened this export and are not wholly gone. */
    public int connections(Export export) {
        int count = 0;
        for (NbdServerSession session : sessions) {
            if (session.export() == export) {
                count++;
            }
        }
        return count;
    }

    /**
     * Admits nobody any more, answers further requests with ESHUTDOWN, finishes those in flight, closes the links.
     *
     * @param done runs once, on the loop, when no session and no request is left; never inside this call
     */
    public void shutdown(Runnable done) {
        if (stopping) {
            throw new IllegalStateException("shut down twice");
        }
        stopping = true;
        stopped = done;
        for (NbdServerSession session : List.copyOf(sessions)) {
            session.stop();
        }
        shutdownTimer = loop.schedule(limits.shutdownTimeoutNs(), () -> {
            for (NbdServerSession session : List.copyOf(sessions)) {
                session.cut("the server shut down and the client did not take its replies");
            }
        });
        loop.execute(this::checkStopped);
    }

    // ---- for the sessions

    EventLoop loop() {
        return loop;
    }

    Set<Extension> extensions() {
        return extensions;
    }

    ExportTable exports() {
        return exports;
    }

    ServerLimits limits() {
        return limits;
    }

    BufferPool pool() {
        return pool;
    }

    ServerEvents events() {
        return events;
    }

    ServerTls tls() {
        return tls;
    }

    /** Memory for long option data, of all sessions together; false if there is none left. */
    boolean takeOptionBytes(int bytes) {
        if (bytes > ServerLimits.SMALL_OPTION_BYTES && optionBytes + bytes > ServerLimits.MAX_OPTION_MEMORY_BYTES) {
            return false;
        }
        optionBytes += bytes;
        return true;
    }

    void releaseOptionBytes(int bytes) {
        optionBytes -= bytes;
    }

    boolean isStopping() {
        return stopping;
    }

    void onFinished(NbdServerSession session, String reason) {
        sessions.remove(session);
        admission.leave(session.peer());
        if (session.export() != null) {
            exports.onClosed(session.export(), session);
        }
        events.onEnded(session.peer(), reason);
        if (stopping) {
            loop.execute(this::checkStopped);
        }
    }

    private void checkStopped() {
        if (sessions.isEmpty() && stopped != null) {
            Runnable done = stopped;
            stopped = null;
            shutdownTimer.cancel();
            done.run();
        }
    }

    /**
     * Somebody waits for memory. If it does not come, the client that holds most of it without reading its replies or
     * sending its payload is cut: one client must not stop the others.
     */
    void onMemoryWait() {
        if (!memoryWatch) {
            memoryWatch = true;
            loop.schedule(limits.memoryStallNs(), this::watchMemory);
        }
    }

    private void watchMemory() {
        memoryWatch = false;
        if (!pool.hasWaiters()) {
            return;
        }
        NbdServerSession worst = null;
        long nowNs = loop.nanoTime();
        for (NbdServerSession session : sessions) {
            boolean stalled = nowNs - session.lastProgressNs() >= limits.memoryStallNs();
            if (stalled && session.bytesHeldByClient() > (worst == null ? 0 : worst.bytesHeldByClient())) {
                worst = session;
            }
        }
        if (worst != null) {
            worst.cut("holds " + worst.bytesHeldByClient() + " bytes of memory that others wait for, and does not go on");
        }
        onMemoryWait();
    }
}
