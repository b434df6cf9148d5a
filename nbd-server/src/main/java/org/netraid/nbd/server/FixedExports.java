/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import java.util.List;

/** Exports that are known at start. The empty name finds the first one unless one is really called so. */
public final class FixedExports implements ExportTable {

    private final List<Export> exports;

    /** @throws IllegalArgumentException if two exports share a name */
    public FixedExports(List<Export> exports) {
        this.exports = List.copyOf(exports);
        for (int i = 0; i < this.exports.size(); i++) {
            String name = this.exports.get(i).name();
            for (int k = 0; k < i; k++) {
                if (this.exports.get(k).name().equals(name)) {
                    throw new IllegalArgumentException("two exports are named '" + name + "'");
                }
            }
        }
    }

    @Override
    public List<Export> listed() {
        return exports;
    }

    @Override
    public Export find(String name, String peer) {
        for (Export export : exports) {
            if (export.name().equals(name)) {
                return export;
            }
        }
        return name.isEmpty() && !exports.isEmpty() ? exports.get(0) : null;
    }
}
