/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockError;
import org.netraid.block.ExtentList;
import org.netraid.block.StatusContext;
import org.netraid.nbd.wire.Extension;
import org.netraid.nbd.wire.GenerationContext;
import org.netraid.nbd.wire.MetaContext;

/**
 * The metadata contexts of one export that a client has selected, in the order of the offer. Immutable.
 *
 * <p>The number of a context on the wire is its place in the offer, beginning with 1 for base:allocation; the answer to a BLOCK_STATUS has
 * one chunk for each, so their number is bounded.
 */
final class ContextSelection {

    static final ContextSelection NONE = new ContextSelection("", List.of());
    /** Number of base:allocation on the wire. */
    static final int ALLOCATION_ID = 1;
    /** Most contexts offered of one export, so that a set of them fits the bits of an int. */
    static final int MAX_CONTEXTS = 30;

    /**
     * One context.
     *
     * @param id its number, 1 to {@link #MAX_CONTEXTS}
     * @param map who answers; null for base:allocation, which is the device's business, and for an extension
     * @param extension what it stands for, or null
     */
    record Entry(int id, String name, StatusContext map, Extension extension) {
        int bit() {
            return 1 << id;
        }
    }

    private final String exportName;
    private final List<Entry> entries;
    private final int mask;

    private ContextSelection(String exportName, List<Entry> entries) {
        this.exportName = exportName;
        this.entries = List.copyOf(entries);
        int bits = 0;
        for (Entry entry : entries) {
            bits |= entry.bit();
        }
        mask = bits;
    }

    /** Everything an export has to offer. @param extensions what the server is willing to offer of its own */
    static List<Entry> offered(Export export, Set<Extension> extensions) {
        List<Entry> offer = new ArrayList<>();
        offer.add(new Entry(ALLOCATION_ID, MetaContext.BASE_ALLOCATION, null, null));
        for (Extension extension : Extension.values()) {
            if (extensions.contains(extension) && serves(extension, export)) {
                offer.add(new Entry(offer.size() + 1, extension.contextName(), null, extension));
            }
        }
        for (StatusContext map : export.contexts().get()) {
            if (offer.size() < MAX_CONTEXTS - 1) {
                offer.add(new Entry(offer.size() + 1, map.name(), map, null));
            }
        }
        return offer;
    }

    private static boolean serves(Extension extension, Export export) {
        return switch (extension) {
            case CHECKSUM -> export.device().can(BlockCapability.CHECKSUM);
            case RECEIPT, ORDER, LZ4 -> true;
        };
    }

    /** What SET_META_CONTEXT selects: what is named in full. Nothing is a wildcard here, and what nobody knows is ignored. */
    static ContextSelection select(Export export, Set<Extension> extensions, List<String> queries) {
        List<Entry> selected = new ArrayList<>(offered(export, extensions).stream().filter(entry -> queries.contains(entry.name)).toList());
        if (export.generation() != GenerationContext.NONE) {
            // never listed: who asks has to know it
            String name = GenerationContext.nameOf(export.generation());
            selected.addAll(queries.contains(name) ? List.of(new Entry(MAX_CONTEXTS, name, new GenerationMap(name), null)) : List.of());
        }
        return new ContextSelection(export.name(), selected);
    }

    /** This selection if it was made for the export that is opened now. */
    ContextSelection forExport(Export export) {
        return exportName.equals(export.name()) ? this : NONE;
    }

    boolean isEmpty() {
        return entries.isEmpty();
    }

    List<Entry> entries() {
        return entries;
    }

    /** Bit k is set if the context with the number k is selected. */
    int mask() {
        return mask;
    }

    boolean has(Extension extension) {
        for (Entry entry : entries) {
            if (entry.extension == extension) {
                return true;
            }
        }
        return false;
    }

    /** True if a client with this selection may open the export: it writes in the export's generation, if that has one. */
    boolean admits(Export export) {
        if (export.generation() == GenerationContext.NONE) {
            return true;
        }
        String name = GenerationContext.nameOf(export.generation());
        return forExport(export).entries.stream().anyMatch(entry -> entry.name.equals(name));
    }

    /** Says nothing about the export: it stands for a promise of the client. */
    private record GenerationMap(String name) implements StatusContext {
        @Override
        public String description() {
            return "the generation in which the client writes";
        }

        @Override
        public BlockError extents(long offsetBytes, long lengthBytes, ExtentList into) {
            into.add(lengthBytes, 0);
            return BlockError.NONE;
        }
    }

    static boolean hasAllocation(int mask) {
        return (mask & 1 << ALLOCATION_ID) != 0;
    }

    /** The bit of a context by its number, or 0 if it is not selected. */
    int bitOf(int id) {
        return id < 1 || id > MAX_CONTEXTS ? 0 : 1 << id & mask;
    }
}
