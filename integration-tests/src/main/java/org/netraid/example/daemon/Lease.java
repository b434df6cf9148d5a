/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.example.daemon;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Stands for a cluster manager: who holds the lock of a file that all nodes see is the active one, and a process that dies lets go of it.
 * On real machines this is the vote of Corosync or etcd, and a fence.
 */
final class Lease {

    private final Path file;
    private FileChannel channel;
    private FileLock lock;

    Lease(Path file) {
        this.file = file;
    }

    synchronized boolean isHeld() {
        return lock != null;
    }

    /** @return true if this process holds it now */
    synchronized boolean take() {
        try {
            if (channel == null) {
                channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            }
            lock = lock == null ? channel.tryLock() : lock;
            return lock != null;
        } catch (IOException e) {
            throw new IllegalStateException("the lease " + file + " cannot be locked: " + e.getMessage(), e);
        }
    }

    synchronized void giveUp() {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            // closed or not, this process does not use it any more
            System.err.println("lease " + file + ": " + e.getMessage());
        }
        channel = null;
        lock = null;
    }
}
