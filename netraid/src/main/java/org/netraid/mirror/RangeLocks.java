/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

/**
 * Who may touch which bytes of the mirror: overlapping claims are granted one after the other in order of arrival, so that overlapping
 * writes reach every copy in one order (G3) and a chunk being resynced cannot be written in between.
 *
 * <p>Claims, held or waiting, are nodes of one interval tree: a treap ordered by start, where each node knows the largest end below it.
 * A new claim counts the earlier claims that conflict with it; each release lowers the count of the later ones, and zero is a grant. Since
 * a claim waits only for earlier ones there is neither starvation nor deadlock. Costs O(log n + overlaps), allocates nothing.
 */
public final class RangeLocks {

    private RangeLock root;
    private long nextSequence;
    private int size;
    private RangeLock firstGranted;
    private RangeLock lastGranted;
    private boolean telling;
    private RangeLock splitLeft;
    private RangeLock splitRight;

    /**
     * Claims a range.
     *
     * @param shared true to tolerate other shared claims
     * @return true if the claim is granted at once; false if its holder will be told
     */
    public boolean acquire(RangeLock lock, long startBytes, long lengthBytes, boolean shared) {
        if (lock.state != RangeLock.State.FREE) {
            throw new IllegalStateException("range lock claimed twice: " + lock);
        }
        lock.startBytes = startBytes;
        lock.endBytes = startBytes + lengthBytes;
        lock.shared = shared;
        lock.sequence = nextSequence++;
        lock.priority = (int) (lock.sequence * 0x9E3779B97F4A7C15L >>> 32);
        lock.maxEndBytes = lock.endBytes;
        lock.blockers = countConflicts(root, lock);
        root = insert(root, lock);
        size++;
        lock.state = lock.blockers == 0 ? RangeLock.State.HELD : RangeLock.State.WAITING;
        return lock.state == RangeLock.State.HELD;
    }

    /** Gives up a claim, granted or not. Holders of later claims may be told inside this call. */
    public void release(RangeLock lock) {
        if (lock.state == RangeLock.State.FREE) {
            throw new IllegalStateException("range lock released twice: " + lock);
        }
        if (lock.state == RangeLock.State.GRANTED) {
            forgetGrant(lock);
        }
        root = remove(root, lock);
        size--;
        lock.left = null;
        lock.right = null;
        lock.state = RangeLock.State.FREE;
        unblock(root, lock);
        tellHolders();
    }

    /** Claims held or waiting. */
    public int size() {
        return size;
    }

    private static int countConflicts(RangeLock node, RangeLock lock) {
        if (node == null || node.maxEndBytes <= lock.startBytes) {
            return 0;
        }
        int count = countConflicts(node.left, lock);
        if (node.startBytes < lock.endBytes) {
            if (node.overlaps(lock.startBytes, lock.endBytes) && node.conflictsWith(lock)) {
                count++;
            }
            count += countConflicts(node.right, lock);
        }
        return count;
    }

    private void unblock(RangeLock node, RangeLock released) {
        if (node == null || node.maxEndBytes <= released.startBytes) {
            return;
        }
        unblock(node.left, released);
        if (node.startBytes < released.endBytes) {
            if (node.sequence > released.sequence && node.overlaps(released.startBytes, released.endBytes)
                    && node.conflictsWith(released)) {
                node.blockers--;
                if (node.blockers == 0) {
                    grant(node);
                }
            }
            unblock(node.right, released);
        }
    }

    private void grant(RangeLock lock) {
        lock.state = RangeLock.State.GRANTED;
        lock.nextGranted = null;
        if (lastGranted == null) {
            firstGranted = lock;
        } else {
            lastGranted.nextGranted = lock;
        }
        lastGranted = lock;
    }

    /** Told outside the walk of the tree, and never nested, since a holder may claim and release. */
    private void tellHolders() {
        if (telling) {
            return;
        }
        telling = true;
        try {
            while (firstGranted != null) {
                RangeLock lock = firstGranted;
                forgetGrant(lock);
                lock.state = RangeLock.State.HELD;
                lock.holder.onLocked(lock);
            }
        } finally {
            telling = false;
        }
    }

    private void forgetGrant(RangeLock lock) {
        RangeLock before = null;
        for (RangeLock at = firstGranted; at != lock; at = at.nextGranted) {
            before = at;
        }
        if (before == null) {
            firstGranted = lock.nextGranted;
        } else {
            before.nextGranted = lock.nextGranted;
        }
        if (lastGranted == lock) {
            lastGranted = before;
        }
        lock.nextGranted = null;
    }

    // ---- the treap

    private RangeLock insert(RangeLock node, RangeLock lock) {
        if (node == null) {
            return lock;
        }
        if (lock.priority > node.priority) {
            split(node, lock);
            lock.left = splitLeft;
            lock.right = splitRight;
            update(lock);
            return lock;
        }
        if (isBefore(lock, node)) {
            node.left = insert(node.left, lock);
        } else {
            node.right = insert(node.right, lock);
        }
        update(node);
        return node;
    }

    /** Leaves what comes before the lock in splitLeft and the rest in splitRight. */
    private void split(RangeLock node, RangeLock lock) {
        if (node == null) {
            splitLeft = null;
            splitRight = null;
        } else if (isBefore(lock, node)) {
            split(node.left, lock);
            node.left = splitRight;
            update(node);
            splitRight = node;
        } else {
            split(node.right, lock);
            node.right = splitLeft;
            update(node);
            splitLeft = node;
        }
    }

    private static RangeLock remove(RangeLock node, RangeLock lock) {
        if (node == lock) {
            return merge(lock.left, lock.right);
        }
        if (isBefore(lock, node)) {
            node.left = remove(node.left, lock);
        } else {
            node.right = remove(node.right, lock);
        }
        update(node);
        return node;
    }

    private static RangeLock merge(RangeLock before, RangeLock after) {
        if (before == null) {
            return after;
        }
        if (after == null) {
            return before;
        }
        if (before.priority > after.priority) {
            before.right = merge(before.right, after);
            update(before);
            return before;
        }
        after.left = merge(before, after.left);
        update(after);
        return after;
    }

    private static boolean isBefore(RangeLock a, RangeLock b) {
        return a.startBytes < b.startBytes || a.startBytes == b.startBytes && a.sequence < b.sequence;
    }

    private static void update(RangeLock node) {
        long max = node.endBytes;
        if (node.left != null) {
            max = Math.max(max, node.left.maxEndBytes);
        }
        if (node.right != null) {
            max = Math.max(max, node.right.maxEndBytes);
        }
        node.maxEndBytes = max;
    }
}
