/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

import org.netraid.store.StateFolder;
import org.netraid.store.StateFolderException;

/** A state folder in memory. It outlives its node, and can fail or crash the node at a chosen write. */
public final class SimStateFolder implements StateFolder {

    private enum Action { FAIL, CRASH_BEFORE, CRASH_AFTER }

    private final String name;
    private final TreeMap<String, byte[]> files = new TreeMap<>();
    private final TreeMap<String, Action> armed = new TreeMap<>();
    private boolean broken;
    private int writes;

    public SimStateFolder(String name) {
        this.name = name;
    }

    /** The next write or delete of this file throws; the file keeps its old content. */
    public void failNext(String fileName) {
        armed.put(fileName, Action.FAIL);
    }

    /** The next write or delete of this file crashes the node with nothing changed. */
    public void crashBefore(String fileName) {
        armed.put(fileName, Action.CRASH_BEFORE);
    }

    /** The next write or delete of this file crashes the node after it became durable. */
    public void crashAfter(String fileName) {
        armed.put(fileName, Action.CRASH_AFTER);
    }

    /** Every access throws while true. */
    public void setBroken(boolean broken) {
        this.broken = broken;
    }

    /** Writes and deletes done so far. */
    public int writes() {
        return writes;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Optional<byte[]> read(String fileName) {
        checkWorking(fileName);
        return Optional.ofNullable(files.get(fileName)).map(byte[]::clone);
    }

    @Override
    public void write(String fileName, byte[] content) {
        if (content.length > MAX_FILE_BYTES) {
            throw new StateFolderException(name + "/" + fileName + ": " + content.length + " bytes are more than "
                    + MAX_FILE_BYTES, null);
        }
        change(fileName, () -> files.put(fileName, content.clone()));
    }

    @Override
    public void delete(String fileName) {
        change(fileName, () -> files.remove(fileName));
    }

    @Override
    public List<String> list() {
        checkWorking("");
        return new ArrayList<>(files.keySet());
    }

    private void change(String fileName, Runnable change) {
        checkWorking(fileName);
        Action action = armed.remove(fileName);
        if (action == Action.FAIL) {
            throw new StateFolderException(name + "/" + fileName + ": simulated write error", null);
        }
        if (action == Action.CRASH_BEFORE) {
            throw new SimCrash("before the change of " + name + "/" + fileName);
        }
        change.run();
        writes++;
        if (action == Action.CRASH_AFTER) {
            throw new SimCrash("after the change of " + name + "/" + fileName);
        }
    }

    private void checkWorking(String fileName) {
        if (broken) {
            throw new StateFolderException(name + "/" + fileName + ": simulated input/output error", null);
        }
    }
}
