/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.block.StoredBytes;
import org.netraid.time.EventLoop;

/**
 * A file or block special file as a block device.
 *
 * <p>READ and WRITE run inline on the loop or on a worker ({@link FileDeviceOptions.Mode}); whatever may wait for the
 * medium (sync, trim, zero, holes) always runs on a worker. Completions are posted, many with one turn of the loop.
 *
 * <p>Syncs are grouped: one fdatasync is underway at a time, and all flushes and FUA commands that arrive meanwhile share
 * the next one. <b>After a failed sync the device is failed for good</b>: the kernel may have dropped the pages and
 * forgotten the error, so later flushes and FUA commands end with EIO until the disk is opened anew.
 *
 * <p>All fields belong to the loop; a worker touches only the operation it was given and the raw disk.
 */
public final class FileBlockDevice implements BlockDevice {

    /** Calls underway on the workers, besides one sync. */
    private static final int DEPTH = 32;
    private static final int RESERVED = DEPTH + 1;
    /** Of these, checksums: they cost processor time, and must not keep the workers from syncs and data. */
    private static final int MAX_HASHING = 1;
    /** Does nothing but wake the loop. */
    private static final Runnable WAKE = () -> { };

    private final String name;
    private final BlockGeometry geometry;
    private final Set<BlockCapability> capabilities;
    private final boolean readOnly;
    private final boolean inline;
    private final RawDisk disk;
    private final StoredBytes stored;
    private final EventLoop loop;
    private final DiskWorkers workers;

    private final ArrayDeque<Operation> waiting = new ArrayDeque<>();
    private final ArrayDeque<Operation> done = new ArrayDeque<>();
    private final Runnable completeTask = this::completeAll;
    private boolean completePosted;
    /** Filled by the workers, emptied by the loop; at most {@link #DEPTH} entries. */
    private final ConcurrentLinkedQueue<Operation> workersDone = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean loopTold = new AtomicBoolean();
    private final Runnable workersDoneTask = this::onWorkersDone;
    /** Null where writes wait for the medium: then they do so side by side. */
    private final WriteLane writes;
    private int onWorkers;
    /** False while nobody waits for what is on the workers: they need not wake the loop. */
    private volatile boolean hurried = true;
    private final ArrayDeque<Operation> hashWaiting = new ArrayDeque<>();
    private int hashing;
    /** Submitted and not yet completed. */
    private int pending;

    private List<Operation> syncWaiting = new ArrayList<>();
    private List<Operation> syncGroup = new ArrayList<>();
    private boolean syncing;
    /** Written by the worker before it posts the end of the sync. */
    private IOException syncFailure;
    private final Runnable syncCall = this::syncOnWorker;
    private final Runnable syncDone = this::onSynced;
    /** Used by the one worker that hashes at a time. */
    private volatile boolean cacheDropped;
    /** Not null once a sync has failed. */
    private String failedForGood;

    private final List<Runnable> closeListeners = new ArrayList<>();
    private boolean closing;
    private boolean closed;
    private Operation free;

    /**
     * Opens a disk. Blocks for as long as the kernel does; not for the data path.
     *
     * @param loop where the device lives from now on
     * @param workers threads for what may block; must outlive the device
     * @throws DeviceOpenException with one sentence for an operator
     */
    public static FileBlockDevice open(Path path, FileDeviceOptions options, EventLoop loop, DiskWorkers workers)
            throws DeviceOpenException {
        DiskOpener opener = new DiskOpener(path, options);
        RawDisk disk = opener.open();
        int preferred = Math.max(4096, opener.sectorBytes());
        BlockGeometry geometry = new BlockGeometry(opener.sizeBytes(), 1, preferred, BlockGeometry.DEFAULT_MAX_TRANSFER_BYTES);
        return new FileBlockDevice(path.toString(), geometry, options, disk, loop, workers);
    }

    FileBlockDevice(String name, BlockGeometry geometry, FileDeviceOptions options, RawDisk disk, EventLoop loop,
            DiskWorkers workers) throws DeviceOpenException {
        this.name = name;
        this.geometry = geometry;
        this.readOnly = options.readOnly();
        this.inline = options.mode() == FileDeviceOptions.Mode.INLINE;
        this.disk = disk;
        this.stored = inline ? disk.stored() : null;
        this.loop = loop;
        this.workers = workers;
        this.writes = inline || options.direct() ? null
                : new WriteLane(workers, loop, new BriefWait(), new ProcessorTie(), this::tellLoop, this::takeWorkersDone);
        Set<BlockCapability> can = EnumSet.of(BlockCapability.FLUSH, BlockCapability.MULTI_CONN, BlockCapability.EXTENTS,
                BlockCapability.CHECKSUM);
        can.addAll(readOnly ? EnumSet.of(BlockCapability.READ_ONLY) : EnumSet.of(BlockCapability.FUA, BlockCapability.TRIM,
                BlockCapability.WRITE_ZEROES, BlockCapability.FAST_ZERO));
        capabilities = Set.copyOf(can);
        if (!workers.reserve(RESERVED)) {
            closeDisk();
            throw new DeviceOpenException("cannot open disk " + name + ": the disk workers serve as many disks as they can;"
                    + " give them more room");
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public BlockGeometry geometry() {
        return geometry;
    }

    @Override
    public Set<BlockCapability> capabilities() {
        return capabilities;
    }

    @Override
    public StoredBytes stored() {
        return closing || failedForGood != null ? null : stored;
    }

    @Override
    public void submit(BlockRequest request) {
        request.markSubmitted();
        pending++;
        Operation operation = take(request);
        BlockError refusal = refusal(request);
        if (refusal.isError()) {
            operation.end(refusal, refusalDetail(request, refusal));
            finish(operation);
        } else if (request.command() == BlockCommand.FLUSH) {
            joinSync(operation);
        } else if (request.lengthBytes() == 0) {
            finish(operation);
        } else if (inline && request.command().hasData()) {
            operation.perform();
            afterData(operation);
        } else {
            noteHaste(request);
            startOnWorker(operation);
        }
    }

    private BlockError refusal(BlockRequest request) {
        if (closing) {
            return BlockError.ESHUTDOWN;
        }
        BlockCommand command = request.command();
        if (readOnly && command.modifies()) {
            return BlockError.EPERM;
        }
        if (failedForGood != null && (command == BlockCommand.FLUSH || command == BlockCommand.CHECKSUM
                || command.modifies() && request.isFua())) {
            return BlockError.EIO;
        }
        return command == BlockCommand.FLUSH ? BlockError.NONE
                : geometry.check(command, request.offsetBytes(), request.lengthBytes());
    }

    private String refusalDetail(BlockRequest request, BlockError refusal) {
        if (refusal == BlockError.ESHUTDOWN) {
            return name + " is closed";
        }
        if (refusal == BlockError.EPERM) {
            return name + " is read-only";
        }
        if (refusal == BlockError.EIO) {
            return failedForGood;
        }
        return describe(request) + ": outside the device of " + geometry.sizeBytes() + " bytes, or not what it takes";
    }

    private String describe(BlockRequest request) {
        return name + ": " + request.command() + " of " + request.lengthBytes() + " bytes at " + request.offsetBytes();
    }

    // Data

    private void noteHaste(BlockRequest request) {
        // one that must be synced is only half done when the worker is
        boolean patient = (request.flags() & (BlockRequest.PATIENT | BlockRequest.FUA)) == BlockRequest.PATIENT
                && request.command() == BlockCommand.WRITE;
        if (!patient) {
            hurry();
        } else if (onWorkers == 0) {
            // what is on the workers may have been asked for already
            hurried = false;
        }
    }

    /** Until the workers are idle again every completion wakes the loop. */
    @Override
    public void hurry() {
        if (!hurried) {
            hurried = true;
            takeWorkersDone();
        }
    }

    private void startOnWorker(Operation operation) {
        if (operation.hashes() && hashing == MAX_HASHING) {
            hashWaiting.add(operation);
            return;
        }
        if (onWorkers == DEPTH) {
            waiting.add(operation);
            return;
        }
        onWorkers++;
        hashing += operation.hashes() ? 1 : 0;
        if (writes != null && operation.request.command() == BlockCommand.WRITE) {
            writes.add(operation.write);
        } else {
            workers.execute(operation);
        }
    }

    private void tellLoop() {
        tellLoop(false);
    }

    /** On a worker: the loop is told once for all operations that end before it looks. */
    private void tellLoop(boolean failed) {
        if (!loopTold.compareAndSet(false, true)) {
            if (failed) {
                // the one before may have been told without a wake
                loop.execute(WAKE);
            }
        } else if (hurried || failed) {
            loop.execute(workersDoneTask);
        } else {
            loop.executeLazily(workersDoneTask);
            if (hurried) {
                // Since then: whoever hurried has not seen this one, and the loop may have gone to sleep before it was told.
                loop.execute(WAKE);
            }
        }
    }

    private void onWorkersDone() {
        // before the queue is read: what is added later tells again
        loopTold.set(false);
        takeWorkersDone();
    }

    private void takeWorkersDone() {
        for (Operation operation = workersDone.poll(); operation != null; operation = workersDone.poll()) {
            onWorkerDone(operation);
        }
    }

    private void onWorkerDone(Operation operation) {
        onWorkers--;
        hashing -= operation.hashes() ? 1 : 0;
        if (!hashWaiting.isEmpty() && hashing < MAX_HASHING) {
            startOnWorker(hashWaiting.poll());
        }
        if (!waiting.isEmpty() && onWorkers < DEPTH) {
            startOnWorker(waiting.poll());
        }
        afterData(operation);
    }

    private void afterData(Operation operation) {
        BlockRequest request = operation.request;
        if (!operation.error.isError() && request.isFua() && request.command().modifies()) {
            joinSync(operation);
        } else {
            finish(operation);
        }
    }

    // Durability

    private void joinSync(Operation operation) {
        if (readOnly) {
            finish(operation);
            return;
        }
        if (failedForGood != null) {
            operation.end(BlockError.EIO, failedForGood);
            finish(operation);
            return;
        }
        syncWaiting.add(operation);
        if (!syncing) {
            startSync();
        }
    }

    private void startSync() {
        List<Operation> group = syncWaiting;
        syncWaiting = syncGroup;
        syncGroup = group;
        syncing = true;
        workers.execute(syncCall);
    }

    private void syncOnWorker() {
        try {
            disk.sync();
        } catch (IOException e) {
            syncFailure = e;
        } catch (RuntimeException | Error e) {
            syncFailure = new IOException(e.toString(), e);
        }
        loop.execute(syncDone);
    }

    private void onSynced() {
        syncing = false;
        if (syncFailure != null && failedForGood == null) {
            failedForGood = name + ": sync failed (" + syncFailure.getMessage() + "); what was written since the last good"
                    + " sync may be lost, so the disk counts as failed until it is opened again";
        }
        endGroup(syncGroup);
        if (failedForGood != null) {
            endGroup(syncWaiting);
        } else if (!syncWaiting.isEmpty()) {
            startSync();
        }
    }

    private void endGroup(List<Operation> group) {
        for (int i = 0; i < group.size(); i++) {
            Operation operation = group.get(i);
            if (failedForGood != null) {
                operation.end(BlockError.EIO, failedForGood);
            }
            finish(operation);
        }
        group.clear();
    }

    // Completion

    private void finish(Operation operation) {
        done.add(operation);
        if (!completePosted) {
            completePosted = true;
            loop.execute(completeTask);
        }
    }

    private void completeAll() {
        try {
            // What the completions submit and end inline waits for the next turn.
            for (int count = done.size(); count > 0; count--) {
                completeOne(done.poll());
            }
        } finally {
            completePosted = !done.isEmpty();
            if (completePosted) {
                loop.execute(completeTask);
            } else {
                releaseIfClosing();
            }
        }
    }

    private void completeOne(Operation operation) {
        BlockRequest request = operation.request;
        BlockError error = operation.error;
        String detail = operation.detail;
        recycle(operation);
        pending--;
        request.complete(error, detail);
    }

    // End

    @Override
    public void close(Runnable whenClosed) {
        if (closed) {
            loop.execute(whenClosed);
            return;
        }
        closeListeners.add(whenClosed);
        hurry();
        if (!closing) {
            closing = true;
            releaseIfClosing();
        }
    }

    private void releaseIfClosing() {
        if (!closing || closed || pending > 0) {
            return;
        }
        closed = true;
        workers.execute(() -> {
            closeDisk();
            loop.execute(() -> {
                workers.unreserve(RESERVED);
                closeListeners.forEach(Runnable::run);
                closeListeners.clear();
            });
        });
    }

    private void closeDisk() {
        try {
            disk.close();
        } catch (IOException ignored) {
            // Closing promises no durability: whoever needs it has flushed before.
            return;
        }
    }

    // Operations

    private Operation take(BlockRequest request) {
        Operation operation = free;
        if (operation == null) {
            operation = new Operation();
        } else {
            free = operation.next;
            operation.next = null;
        }
        operation.request = request;
        return operation;
    }

    private void recycle(Operation operation) {
        operation.request = null;
        operation.error = BlockError.NONE;
        operation.detail = "";
        operation.next = free;
        free = operation;
    }

    /** One request on its way; pooled, so that the data path allocates nothing. */
    private final class Operation implements Runnable {
        private BlockRequest request;
        private BlockError error = BlockError.NONE;
        private String detail = "";
        private Operation next;
        private final WriteLane.Write write = this::write;

        boolean hashes() {
            return request.command() == BlockCommand.CHECKSUM;
        }

        void end(BlockError withError, String withDetail) {
            error = withError;
            detail = withDetail;
        }

        @Override
        public void run() {
            perform();
            boolean failed = error.isError();
            workersDone.add(this);
            tellLoop(failed);
        }

        /** In the lane of writes, which tells the loop; but an error wakes it at any time. */
        int write() {
            int bytes = (int) request.lengthBytes();
            perform();
            boolean failed = error.isError();
            workersDone.add(this);
            if (failed) {
                tellLoop(true);
                return -1;
            }
            return bytes;
        }

        /**
         * Whoever finds equal hashes will not write. But after a sync that failed in an earlier life of the process the kernel shows
         * pages as clean that never reached the medium, and no later sync will write them: so the first hash asks the medium.
         */
        private void dropCacheOnce() {
            if (!cacheDropped) {
                cacheDropped = true;
                disk.dropCleanCache();
            }
        }

        void perform() {
            try {
                switch (request.command()) {
                    case READ -> disk.read(request.data(), request.offsetBytes());
                    case WRITE -> disk.write(request.data(), request.offsetBytes());
                    case TRIM -> disk.trim(request.offsetBytes(), request.lengthBytes());
                    case WRITE_ZEROES -> disk.zero(request.offsetBytes(), request.lengthBytes(), request.flags());
                    case EXTENTS -> disk.extents(request.offsetBytes(), request.lengthBytes(),
                            (request.flags() & BlockRequest.ONE_EXTENT) != 0, request.extents());
                    case CHECKSUM -> {
                        dropCacheOnce();
                        DiskHasher.checksum(disk, request);
                    }
                    default -> throw new IllegalStateException("not a data command: " + request);
                }
            } catch (IOException e) {
                end(Errno.toBlockError(e), describe(request) + ": " + e.getMessage());
            } catch (RuntimeException | Error e) {
                end(BlockError.EIO, describe(request) + ": " + e);
            }
        }
    }
}
