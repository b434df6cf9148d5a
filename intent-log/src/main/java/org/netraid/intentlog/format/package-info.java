/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Bytes of the intent log on disk and of dirty maps on the wire: one codec class per structure, with layout drawing, magic, version and
 * CRC32C, big-endian throughout.
 *
 * <p>Pure. Called by {@link org.netraid.intentlog} and by the {@code bitmap} tool. Decoders trust nothing: they answer with a
 * verdict, never with an exception. Described for people in {@code docs/on-disk-format.md}.
 */
package org.netraid.intentlog.format;
