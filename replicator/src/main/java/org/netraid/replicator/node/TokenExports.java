/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.List;
import java.util.TreeMap;
import org.netraid.nbd.server.Export;
import org.netraid.nbd.server.ExportTable;
import org.netraid.nbd.server.NbdServerSession;

/**
 * The disks this node serves to sources, each under a name that is good for one connection and known to one source only.
 */
final class TokenExports implements ExportTable {

    /** Told when the connection of a token begins and ends. */
    interface Owner {
        void opened();

        /** The connection is gone and the last of its requests has come back from the disk. */
        void closed();
    }

    private record Entry(Export export, Owner owner) {
    }

    private final TreeMap<String, Entry> offered = new TreeMap<>();
    private final TreeMap<String, Entry> inUse = new TreeMap<>();

    void offer(Export export, Owner owner) {
        offered.put(export.name(), new Entry(export, owner));
    }

    void withdraw(Export export) {
        offered.remove(export.name());
    }

    @Override
    public List<Export> listed() {
        return List.of();
    }

    @Override
    public Export find(String name, String peer) {
        Entry entry = offered.get(name);
        return entry == null ? null : entry.export;
    }

    @Override
    public Export open(String name, String peer) {
        Entry entry = offered.remove(name);
        if (entry == null) {
            return null;
        }
        inUse.put(name, entry);
        return entry.export;
    }

    @Override
    public void onOpened(Export export, NbdServerSession session) {
        Entry entry = inUse.get(export.name());
        if (entry != null) {
            entry.owner.opened();
        }
    }

    @Override
    public void onClosed(Export export, NbdServerSession session) {
        Entry entry = inUse.remove(export.name());
        if (entry != null) {
            entry.owner.closed();
        }
    }
}
