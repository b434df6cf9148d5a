/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.nio.ByteBuffer;

/**
 * The bytes of one write, copied once and shared by every copy, so that an application that changes its buffer meanwhile cannot make
 * the copies differ. Counted: the memory returns to its pool when the last command that uses it has really ended, also when
 * that is long after its target was given up.
 */
public final class Payload {

    /** The view that the journal reads. */
    static final int JOURNAL_VIEW = CopyChannel.MAX_COPIES;

    private final PayloadPool pool;
    /** Views with positions of their own: one for each slot, one for the local disk, one for the journal. */
    private final ByteBuffer[] views = new ByteBuffer[CopyChannel.MAX_COPIES + 1];
    private ByteBuffer bytes;
    private int references;
    /** Not counted by the pool any more: a device that does not answer sits on it. */
    boolean orphaned;
    /** Not counted by the pool any more: it waits in the queues of targets that lag behind. */
    boolean lagging;
    /** Set for an application's own buffer: told when nobody uses it any more. */
    MirrorRequest lender;
    /** Size class in the pool; -1 for an application's own buffer. */
    final int sizeClass;
    Payload nextFree;

    Payload(PayloadPool pool, ByteBuffer bytes, int sizeClass) {
        this.pool = pool;
        this.bytes = bytes;
        this.sizeClass = sizeClass;
    }

    void borrow(ByteBuffer applicationBuffer, MirrorRequest from) {
        if (bytes != applicationBuffer) {
            bytes = applicationBuffer;
            for (int i = 0; i < views.length; i++) {
                views[i] = null;
            }
        }
        lender = from;
    }

    /** The memory; its position and limit are the holder's to set while only one party uses it. */
    public ByteBuffer bytes() {
        return bytes;
    }

    /** A view for one copy; asked anew only when that copy's last command with it has ended. */
    ByteBuffer view(int copy) {
        ByteBuffer view = views[copy];
        if (view == null) {
            view = bytes.duplicate();
            views[copy] = view;
        }
        return view;
    }

    /** One more user. */
    public void retain() {
        references++;
    }

    /** One user fewer; with the last one the memory goes back. */
    public void release() {
        if (references < 1) {
            throw new IllegalStateException("payload released once too often");
        }
        references--;
        if (references == 0) {
            pool.takeBack(this);
        }
    }

    /** A lost device sits on it: its pool, whichever that is, must not count on getting it back. */
    void orphan() {
        pool.orphan(this);
    }

    int references() {
        return references;
    }

    void start() {
        references = 1;
        orphaned = false;
        lagging = false;
        if (sizeClass >= 0) {
            // the last holder may have gone without putting the limit back
            bytes.clear();
        }
    }
}
